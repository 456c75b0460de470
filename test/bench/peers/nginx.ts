import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandPath } from '../../helpers/service.ts';
import { openFilesMax } from '../open-files.ts';
import { answerHeaders, API_KEY, CONNECTIONS_MAX, isTls, prefixes, type Peer, type Place } from './peer.ts';

/** One worker, keep-alive to the target, nothing on disk: as a careful user would set it up. Its reload needs its master process. */
export const nginx: Peer = {
  name: 'nginx',
  program: commandPath('nginx'),
  can: ({ name }) => name !== 'jwt',
  compiled: true,
  reload: (_place, signal) => signal('SIGHUP'),
  configure(place) {
    const file = path.join(place.dir, 'nginx.conf');
    writeFileSync(file, configOf(place));
    return ['-p', place.dir, '-c', file];
  },
};

/** What Sluice writes of a request, as far as nginx knows it. */
const LOG_FORMAT = `log_format lines escape=json '{"time":"$time_iso8601","requestId":"$request_id","client":"$remote_addr","method":"$request_method","scheme":"$scheme","host":"$http_host",'
    '"path":"$request_uri","protocol":"$server_protocol","tls":"$ssl_protocol","status":$status,"bytesIn":$request_length,"bytesOut":$body_bytes_sent,"requestMs":$request_time,'
    '"target":"$upstream_addr","upstreamStatus":"$upstream_status","connectMs":"$upstream_connect_time","headerMs":"$upstream_header_time","upstreamMs":"$upstream_response_time",'
    '"userAgent":"$http_user_agent","referer":"$http_referer"}';`;

function configOf({ dir, port, targetPort, setup, cert, key }: Place): string {
  const tls = isTls(setup);
  const guarded = setup.name === 'guarded';
  const proxy = `proxy_pass http://app;${guarded ? ' if ($known = 0) { return 401; } limit_req zone=clients burst=1000000 nodelay;' : ''}`;
  return `
daemon off; master_process ${setup.name === 'reload' ? 'on' : 'off'}; worker_processes 1; pid ${dir}/nginx.pid; error_log stderr crit; worker_rlimit_nofile ${openFilesMax()};
events { worker_connections ${CONNECTIONS_MAX}; }
http {
  ${LOG_FORMAT}
  access_log ${guarded ? '/dev/null lines buffer=64k flush=1s' : 'off'};
  client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  keepalive_requests 1000000000; client_max_body_size 0; http2_max_concurrent_streams 128;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  map $http_x_api_key $known { default 0; "${API_KEY}" 1; }
  limit_req_zone $binary_remote_addr zone=clients:10m rate=1000000r/s;
  ${setup.name === 'gzip' ? 'gzip on; gzip_types application/json; gzip_comp_level 6; gzip_min_length 1024; gzip_vary on; gzip_proxied any;' : ''}
  upstream app { server 127.0.0.1:${targetPort}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=8192${tls ? ' ssl http2' : ''};
    ${tls ? `ssl_certificate ${cert}; ssl_certificate_key ${key}; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:TLS:10m;` : ''}
    proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off; proxy_buffer_size 32k; proxy_buffers 8 32k; proxy_read_timeout 600s;
    proxy_set_header Host $http_host; proxy_set_header Connection $connection_upgrade; proxy_set_header Upgrade $http_upgrade;
    proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Port $server_port; proxy_set_header X-Request-Id $request_id;
    ${answerHeaders(setup).map(([name, value]) => `add_header ${name} "${value}" always;`).join(' ')}
    ${prefixes(setup).map((prefix) => `location ${prefix} { ${proxy} }`).join('\n    ')}
  }
}
`;
}
