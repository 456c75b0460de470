import t from 'tap';
import { ChaosTarget } from '../helpers/chaos-target.ts';
import { startGateway } from '../helpers/gateway.ts';
import { Shooter } from '../helpers/shooter.ts';
import { eventually } from '../helpers/wait-for.ts';
await t.test('words', async (t) => {
  const [a, b] = [await ChaosTarget.start(t), await ChaosTarget.start(t)];
  const { plane, httpPort } = await startGateway(t, `
upstreams: { app: { targets: ["${a.target}", "${b.target}"], health: { path: /health, every: 200ms } } }
routes: [{ upstream: app }]`);
  const shooter = new Shooter(httpPort);
  await shooter.volley(100, 10);
  await a.kill();
  await shooter.volley(50, 10);
  await eventually(() => plane.status().targets[0]?.state === 'unhealthy', 5000);
  await a.restart(); await a.become('fail');
  await eventually(() => plane.status().targets[0]?.lastCheck?.text.includes('500'), 5000);
  const end = performance.now() + 1500;
  await eventually(() => performance.now() > end, 5000);
  t.comment(JSON.stringify(plane.status().targets[0]));
  shooter.close();
});
