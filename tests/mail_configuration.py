"""How the private Postfix (3.7) and Dovecot (2.3) are set up; ``{...}`` is filled in by :mod:`tests.mail_servers`.

Nothing is delivered anywhere but here: transports that would leave are errors, and no name server is asked.
"""

VACATION = """
require ["vacation", "vacation-seconds"];
vacation :seconds 0 :subject "Absence" :addresses ["{address}"] "{text}";
"""
"""A Sieve script: each message is answered at once, by a machine."""

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/postfix-data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = mail.test
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
local_transport = error:no local mail here
default_transport = error:5.4.4 nothing leaves this machine
relay_transport = error:5.4.4 nothing leaves this machine
smtp_dns_support_level = disabled
transport_maps = inline:{{ slow.test=smtp:[127.0.0.1]:9 }}
virtual_mailbox_domains = regexp:{{ {{ /\\.test$$/ virtual }} }}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
lmtp_destination_recipient_limit = 1
smtpd_recipient_restrictions = check_recipient_access regexp:{{
 {{ /^greylisted@/ 450 4.2.0 come back later }} {{ /^full@/ 452 4.2.2 mailbox full }}
 {{ /^closed@/ 554 5.7.1 we take no mail }} {{ /^gone@/ 550 5.1.1 no such user }} }}, permit
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
smtpd_tls_security_level = may
smtpd_tls_cert_file = {folder}/certificate.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_peername_lookup = no
smtputf8_enable = yes
message_size_limit = 20000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
delay_warning_time = 1s
maximal_queue_lifetime = 1d
in_flow_delay = 0
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
"""
"""Postfix: what is delivered, refused, deferred."""

MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
"""Postfix: which of its programs run."""

DOVECOT = """
base_dir = {folder}/dovecot/run
state_dir = {folder}/dovecot/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_chars =
auth_cache_size = 0
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_uid = {owner}
mail_gid = nogroup
first_valid_uid = 1
first_valid_gid = 1
submission_host = 127.0.0.1:{smtp}
hostname = mail.test
postmaster_address = postmaster@mail.test
passdb {{
  driver = passwd-file
  args = {folder}/dovecot/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/dovecot/users
  default_fields = home={folder}/mail/%u
}}
userdb {{
  driver = passwd-file
  args = username_format=%d {folder}/dovecot/domains
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
namespace inbox {{
  inbox = yes
}}
protocol lmtp {{
  mail_plugins = sieve
}}
plugin {{
  sieve = file:~/sieve;active=~/.dovecot.sieve
  sieve_extensions = +vacation-seconds
  sieve_vacation_min_period = 0
  sieve_vacation_use_original_recipient = yes
}}
"""
"""Dovecot: mailboxes, logins, the catch-all, Sieve."""
