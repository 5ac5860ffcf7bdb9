"""What ``barometer doctor`` looks at, a file a subject; :mod:`barometer.doctor` says in which order."""
