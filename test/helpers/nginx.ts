import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { Test } from 'tap';
import { tempDir } from './temp-dir.ts';
import { eventually } from './wait-for.ts';
import { freePort } from './worker-plan.ts';

/**
 * nginx in front of an upstream, set up as a careful user would to get a plain proxy; stopped at teardown.
 * `program` is from `requireService`, `logging` takes the place of `access_log off;`. Returns its port.
 */
export async function startNginx(t: Pick<Test, 'teardown'>, program: string, target: string, logging = 'access_log off;'): Promise<number> {
  const dir = tempDir(t);
  const port = await freePort();
  writeFileSync(path.join(dir, 'nginx.conf'), `
daemon off; master_process off; pid ${dir}/nginx.pid; error_log stderr crit;
events {}
http {
  ${logging} client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  upstream app { server ${target}; keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://app; proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off; proxy_buffer_size 32k; proxy_buffers 8 32k;
      proxy_set_header Host $http_host; proxy_set_header Connection "";
    }
  }
}
`);
  const child = spawn(program, ['-p', dir, '-c', path.join(dir, 'nginx.conf')], { stdio: 'inherit' });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await eventually(async () => {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket.destroy();
  }, 5000);
  return port;
}
