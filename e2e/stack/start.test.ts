import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../lab/stack/run.ts';
import { checkout, eventually, follow, processesOf, type StackProcess, traces } from './stack-process.ts';

let base: string;
const started: StackProcess[] = [];
beforeAll(() => {
  base = mkdtempSync(path.join(tmpdir(), 'postern-start-'));
});
afterAll(async () => {
  for (const demo of started) demo.kill('SIGTERM');
  await Promise.all(started.map((demo) => demo.ended));
  rmSync(base, { recursive: true, force: true });
});

function startDemo(name: string): StackProcess {
  const folder = path.join(base, name);
  const args = [path.join(checkout, 'scripts/start.ts'), '--demo', '--dir', folder];
  const demo = follow(spawn(process.execPath, args, { cwd: checkout, detached: true }), folder);
  started.push(demo);
  return demo;
}
const prefixIn = (output: string): string => `${/pst\d+-/.exec(output)?.[0]}`;

describe('npm start -- --demo', () => {
  it('plays the whole story with real processes and real packets, and leaves nothing behind', async () => {
    const demo = startDemo('story');
    expect(await demo.ended, demo.output()).toBe(0);
    const said = demo.output();
    for (const fact of [
      'member1@example.com is signed in',
      'without a tunnel the page does not load',
      'the page behind the gateway loads: "Welcome to the intranet"',
      '`wg show` on the gateway lists no peer any more',
      'the gate is shown: "Sign-in from a new country" (INC-1042)',
      'already used',
      'a new client without a proof is turned away',
      'is accepted and the tunnel is up',
      'the laptop is behind another router, and connected with the same peer',
      'Every step held.',
    ])
      expect(said.toLowerCase()).toContain(fact.toLowerCase());
    expect(traces(prefixIn(said), demo.folder)).toEqual([]);
    expect(readdirSync(base)).toEqual(['story']);
  });

  it('stops at the first step that does not hold, says which, and exits with 1', async () => {
    const demo = startDemo('ungated');
    expect(await eventually(() => existsSync(path.join(demo.folder, 'stack.json')), 60_000)).toBe(true);
    const config = path.join(demo.folder, 'server/server.toml');
    const entry = path.join(checkout, 'src-server/cli.ts');
    await run(process.execPath, [entry, 'policy', 'set', 'totpPriorConnection=false', '--config', config]);
    expect(await demo.ended, demo.output()).toBe(1);
    expect(demo.output()).toContain('FAILED');
    expect(demo.output()).not.toContain('Every step held');
    expect(traces(prefixIn(demo.output()), demo.folder)).toEqual([]);
  });

  it('takes everything down when Ctrl-C ends it and all its programs in the middle of the story', async () => {
    const demo = startDemo('ended');
    const isConnected = () => /2\. Connect.*connected/s.test(demo.output());
    expect(await eventually(isConnected, 60_000), demo.output()).toBe(true);
    // As a terminal does: to every process of the group.
    process.kill(-demo.pid, 'SIGINT');
    expect(await demo.ended).toBe(130);
    expect(traces(prefixIn(demo.output()), demo.folder)).toEqual([]);
    expect(processesOf(demo.folder, demo.folder)).toEqual([]);
  });
});
