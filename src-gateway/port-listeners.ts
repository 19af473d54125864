import { findProgram, runProgram } from '../src-node/run-program.ts';

/** A program that gets nothing any more on a UDP port of this host, in words. */
export interface Listener {
  detail: string;
  remedy: string;
}

/** What listens on these UDP ports. Rejects when it cannot look. */
export async function listenersOn(ports: readonly number[]): Promise<Listener[]> {
  if (ports.length === 0) return [];
  const path = findProgram('ss');
  if (path === null) throw new Error('the program "ss" is missing: install the package iproute2');
  const listed = await runProgram({ path, args: ['-H', '-u', '-l', '-n', '-p'] });
  if (!listed.ok) throw new Error(`ss: ${listed.message}`);
  return parseListeners(listed.stdout, ports);
}

/** Out of what `ss -Hulnp` prints (ss(8)); a program's name is there only for whoever may see it. Loopback goes on. */
export function parseListeners(text: string, ports: readonly number[]): Listener[] {
  const found = text.split('\n').flatMap((line) => {
    const [, , , local = ''] = line.trim().split(/\s+/);
    const [, address = '', port = ''] = /^(.*):(\d+)$/.exec(local) ?? [];
    if (!ports.includes(Number(port)) || /^\[?(127\.|::1\b)/.test(address)) return [];
    const [, program = 'another program'] = /users:\(\("([^"]+)"/.exec(line) ?? [];
    return [{ program, port }];
  });
  const distinct = new Map(found.map((one) => [`${one.program} ${one.port}`, one]));
  return [...distinct.values()].map(({ program, port }) => ({
    detail: `UDP port ${port} leads to the tunnel: ${program}, which listens there, gets nothing from outside any more.`,
    remedy: `End it (ss -ulnp 'sport = :${port}'), or take ${port} out of this gateway's alternate ports.`,
  }));
}
