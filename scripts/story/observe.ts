import { inNetns } from '../../lab/stack/namespaces.ts';
import { run, tryRun } from '../../lab/stack/run.ts';
import type { RunningStack } from '../../lab/stack/start-stack.ts';
import { wireGuardKey } from '../../src-shared/primitives.ts';

/** Public keys of the peers that `wg show` lists on the first gateway, base64url. */
export async function gatewayPeers(stack: RunningStack): Promise<string[]> {
  const [gateway] = stack.plan.gateways;
  if (!gateway) return [];
  const [file = '', ...args] = inNetns(gateway.netns, ['wg', 'show', gateway.interfaceName, 'peers']);
  const lines = (await run(file, args)).split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => wireGuardKey.parse(line.trim()));
}

/** Whether the peer of the laptop has shaken hands on the gateway, in `wg show`'s words. */
export async function hasHandshake(stack: RunningStack): Promise<boolean> {
  const [gateway] = stack.plan.gateways;
  if (!gateway) return false;
  const command = ['wg', 'show', gateway.interfaceName, 'latest-handshakes'];
  const [file = '', ...args] = inNetns(gateway.netns, command);
  return (await run(file, args)).split('\n').some((line) => Number(line.split('\t')[1] ?? 0) > 0);
}

export type Page = { loads: true; title: string; tookMs: number } | { loads: false; why: string };

const script = `
const begin = performance.now();
fetch(process.argv[1], { signal: AbortSignal.timeout(3000) })
  .then(async (answer) => {
    const text = await answer.text();
    console.log(JSON.stringify({ text, tookMs: performance.now() - begin }));
  })
  .catch((error) => { console.log(String(error.cause?.code ?? error.message)); process.exitCode = 1; });
`;

/** Fetches the page behind the gateway as a program on the laptop would. */
export async function fetchPage(stack: RunningStack): Promise<Page> {
  const command = [process.execPath, '-e', script, stack.file.target.url];
  const [file = '', ...args] = inNetns(stack.plan.laptopNetns, command);
  const { code, stdout, stderr } = await tryRun(file, args);
  if (code !== 0) return { loads: false, why: stdout.trim() || stderr.trim() };
  const { text, tookMs } = JSON.parse(stdout);
  return { loads: true, title: /<h1>(.*?)<\/h1>/.exec(String(text))?.[1] ?? '', tookMs: Number(tookMs) };
}
