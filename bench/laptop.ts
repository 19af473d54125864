import type { Bench, BenchMember } from './bench.ts';
import { DeafClient } from './deaf-client.ts';
import { nowNs } from './probe.ts';
import { must, pause, reaches, withSignedInClient } from './signed-in-client.ts';

export const PACE_US = 1000;
const KILL_PACE_US = 250;
export const toMs = (ns: number): number => ns / 1e6;

/** The call of a security team: when the connection is open already, as an integration would keep it. */
export async function kick({ stack, api }: Bench, member: BenchMember): Promise<number> {
  const response = await api.request({
    origin: stack.serverUrl,
    path: `/api/v1/member/${member.id}/disconnect`,
    method: 'POST',
    headers: { authorization: `Bearer ${stack.apiToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'benchmark' }),
  });
  const text = await response.body.text();
  const at = nowNs();
  if (response.statusCode !== 200) throw new Error(`disconnect: ${response.statusCode} ${text}`);
  return at;
}

/** One member's day: sign in, connect, be thrown out twice, come back twice. Three codes, none used again. */
export async function obedientClient(bench: Bench, member: BenchMember): Promise<void> {
  const { samples, sender, variant = 'obedient client', byName } = bench;
  const stack = byName ? { ...bench.stack, serverUrl: byName.serverUrl } : bench.stack;
  await byName?.setResolver(true);
  await withSignedInClient(stack, member, async (core, codes) => {
    await byName?.setResolver(false);
    sender.setInterval(PACE_US);
    let start = nowNs();
    let echo = sender.first(start);
    must(await core.connect('cli', stack.gateways[0]?.id));
    samples.add(variant, 'a connect -> first echo', toMs((await echo) - start));

    sender.setInterval(KILL_PACE_US);
    await pause(300);
    let asked = reaches(core, 'gate');
    start = nowNs();
    const answered = kick(bench, member);
    samples.add(variant, 'b kill -> client prompts for a code', toMs((await asked) - start));
    samples.add(variant, 'b kill -> 200 to the caller', toMs((await answered) - start));
    samples.add(
      variant,
      'b kill -> last packet at server',
      toMs((await bench.lastPacket(start, 200)) - start),
    );

    sender.setInterval(PACE_US);
    await pause(300);
    start = nowNs();
    echo = sender.first(start);
    must(await core.submitProof([{ method: 'totp', code: codes.current }]));
    samples.add(variant, 'c re-auth: code entered -> first echo', toMs((await echo) - start));

    await pause(200);
    asked = reaches(core, 'gate');
    start = nowNs();
    const again = kick(bench, member);
    echo = asked.then((told) => sender.first(told));
    await asked;
    must(await core.submitProof([{ method: 'totp', code: codes.next }]));
    samples.add(variant, 'd cycle: kill -> prompt -> instant code -> first echo', toMs((await echo) - start));
    await again;
  });
}

/** A client that takes its lease and hears nothing: only the gateway can stop it. */
export async function deafClient(bench: Bench, member: BenchMember): Promise<void> {
  const { samples, sender } = bench;
  const client = new DeafClient(bench, member);
  try {
    const echo = sender.first(nowNs());
    await client.connect();
    await echo;
    sender.setInterval(KILL_PACE_US);
    await pause(300);
    const start = nowNs();
    await kick(bench, member);
    const last = await bench.lastPacket(start, 900);
    samples.add('client that ignores the order', 'b kill -> last packet at server', toMs(last - start));
  } finally {
    client.close();
  }
}
