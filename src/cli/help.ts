export const HELP = `sluice: a reverse proxy and API gateway, configured by one YAML file

Usage: sluice COMMAND [-c FILE]

  run       run the gateway
  check     read the configuration and say everything that is wrong with it
  health    whether the running gateway takes requests: exit code 0 or 1
  reload    tell the running gateway to read its configuration again
  status    how the running gateway is: workers, targets, certificates, routes
            in the last minute, the last errors
  tail      requests as they end at the running gateway, one line each
  top       the same figures as status, each second; q ends it
  target    drain UPSTREAM TARGET: give a target nothing new; down: take it out
            of service; up: put it back; until the next start
  limits    KEY: what rate limits have counted of a client, by its address or
            the name of its API key
  log-level [LEVEL]: the level of the running gateway's own log; or set it to
            error, warn, info or debug until the next reload
  certs     list the certificates of the running gateway: where each comes from,
            when it is renewed and why, what went wrong last
  key       new NAME: make an API key and print it once, with the line to add;
            hash [NAME]: the same line for a key that is typed or piped in
  password  [NAME]: the hash of a password that is typed or piped in
  explain   [METHOD] URL: what would become of a request, and why: its route,
            policies and target, what upstream and client get; nothing is sent
  diff      [OLD]: what a reload of the file would change, against the running
            gateway or an older file; exit code 0 nothing, 1 changes, 2 errors
  demo      run the gateway in front of three instances of a small demo app

  -c, --config FILE   configuration file, or a directory of *.yaml files
                      (default: config/gateway.yaml)
      --json          certs, status, tail, explain, diff: as JSON
  -H 'NAME: VALUE'    explain: a header of the request; may be repeated
      --client ADDR   explain: address of the client (default: 192.0.2.1)
      --running       diff: against the running gateway, as without OLD
      --wait          reload: wait until it is known whether the guard keeps it;
                      exit code 1 where it was taken back
      --renew HOST    certs: order a new certificate for a host now
      --roles A,B     key: roles of whoever has it
      --expires WHEN  key: a number of days such as 90d, or a date
      --route ID      tail: only requests of this route
      --status CODE   tail: only with this status: 404, or a class such as 5xx
      --code CODE     tail: only with this error code, such as upstream_timeout
      --slow TIME     tail: only what took at least so long, such as 500ms
      --client ADDR   tail: only of the client with this address
      --last N        tail: begin with the last N requests (default: 10)
      --clear         limits: forget what was counted, so that it begins anew
  -h, --help          this text
  -v, --version       the version

Signals:   SIGHUP reloads; SIGTERM and SIGINT let requests finish,
           a second one ends at once. SIGUSR1 opens log files again.
           SIGUSR2 starts the program anew and hands its ports over.
Exit code: 0 done, 1 it could not be done, or status: the gateway is not ready,
           2 the configuration or the command line is wrong.
Environment: every \${NAME} of the configuration, SLUICE_ADMIN_TOKEN
             or SLUICE_ADMIN_TOKEN_FILE, NO_COLOR.`;
