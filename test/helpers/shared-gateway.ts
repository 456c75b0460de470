import { startGateway, type GatewayOptions, type TestGateway } from './gateway.ts';

/**
 * One gateway for the tests of a file, which run one after the other: each has it take a configuration of its own
 * by a reload, as the start of a gateway and its threads costs twenty times as much. Stopped at teardown of `t`.
 */
export async function shareGateway(t: Parameters<typeof startGateway>[0], options: GatewayOptions = {}): Promise<(yaml: string) => Promise<TestGateway>> {
  const gateway = await startGateway(t, 'routes: [{ respond: {} }]', options);
  return async (yaml) => {
    gateway.write(yaml);
    const outcome = await gateway.plane.reload();
    if (!outcome.ok) throw new Error(JSON.stringify(outcome));
    return gateway;
  };
}
