export const HELP = `sluice: a reverse proxy and API gateway, configured by one YAML file

Usage: sluice COMMAND [-c FILE]

  run       run the gateway
  check     read the configuration and say everything that is wrong with it
  reload    tell the running gateway to read its configuration again
  certs     list the certificates of the running gateway: where each comes from,
            when it is renewed and why, what went wrong last
  key       new NAME: make an API key and print it once, with the line to add;
            hash [NAME]: the same line for a key that is typed or piped in
  password  [NAME]: the hash of a password that is typed or piped in
  demo      run the gateway in front of three instances of a small demo app

  -c, --config FILE   configuration file, or a directory of *.yaml files
                      (default: config/gateway.yaml)
      --json          certs: as JSON
      --renew HOST    certs: order a new certificate for a host now
      --roles A,B     key: roles of whoever has it
      --expires WHEN  key: a number of days such as 90d, or a date
  -h, --help          this text
  -v, --version       the version

Signals:   SIGHUP reloads; SIGTERM and SIGINT let requests finish,
           a second one ends at once.
Exit code: 0 done, 1 it could not be done,
           2 the configuration or the command line is wrong.
Environment: every \${NAME} of the configuration, SLUICE_ADMIN_TOKEN, NO_COLOR.`;
