const box = document.createElement("main");
box.innerHTML = "<h1>northgate-tools.example</h1><h2>Verify you are human</h2><p>Press and hold the button to confirm that you are not a robot.</p><button>Press and hold</button><p>Request ID: 8c1f4e7a0d</p>";
document.body.append(box);
