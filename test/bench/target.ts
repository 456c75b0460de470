import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { commandPath } from '../helpers/service.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';
import { bodies } from './bodies.ts';
import { PinnedProcess } from './pinned-process.ts';

export interface Targets {
  /** Fixed answers: nginx where it is installed, because it takes the least of the core that it shares with the load. */
  readonly staticPort: number;
  /** WebSockets, event streams and uploads. */
  readonly streamPort: number;
}

export async function startTargets(root: string): Promise<Targets> {
  const dir = path.join(root, 'target');
  mkdirSync(path.join(dir, 'files'), { recursive: true });
  const streamPort = await freePort();
  const main = new URL('target-main.ts', import.meta.url).pathname;
  const started: [PinnedProcess, number][] = [[new PinnedProcess('target', dir, process.execPath, [main, String(streamPort)], false), streamPort]];
  const nginx = commandPath('nginx');
  let staticPort = streamPort;
  if (nginx !== null) {
    staticPort = await freePort();
    for (const [url, body] of bodies) writeFileSync(path.join(dir, 'files', url), body);
    writeFileSync(path.join(dir, 'nginx.conf'), `
daemon off; master_process off; pid ${dir}/nginx.pid; error_log stderr crit;
events { worker_connections 30000; }
http {
  access_log off; default_type application/json; sendfile on; tcp_nopush on; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  open_file_cache max=10;
  server {
    listen 127.0.0.1:${staticPort} backlog=8192; root ${dir}/files;
    location / { return 200 '${bodies.get('/small')}'; }
    location = /10k { }
    location = /1m { }
  }
}`);
    started.push([new PinnedProcess('target-nginx', dir, nginx, ['-p', dir, '-c', path.join(dir, 'nginx.conf')], false), staticPort]);
  }
  for (const [target, port] of started) await eventually(async () => target.ended || listens(port));
  const broken = started.find(([target]) => target.ended);
  if (broken !== undefined) throw new Error(`a target did not start: ${readFileSync(broken[0].log, 'utf8').slice(-500)}`);
  return { staticPort, streamPort };
}

async function listens(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  return true;
}
