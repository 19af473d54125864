import { chmodSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ClientProcess,
  isPhase,
  isPrompt,
  proofOutcome,
  startClient,
} from '../../scripts/story/client-process.ts';
import { FaultLab } from '../faults/fault-lab.ts';

/** Shown to nobody, so that wherever they are found something leaks. */
const PIN = '482913';
/** Unlike six digits, never in memory by chance. */
const LATER_PIN = 'canary-482913-vault';
const WRONG_PIN = '664829';

/** Whether `secret` stands in `text` as a word of its own: six digits inside a longer number are no PIN. */
const contains = (text: string, secret: string): boolean =>
  new RegExp(`(?<![0-9A-Za-z])${RegExp.escape(secret)}(?![0-9A-Za-z])`).test(text);

/** Every file below `folder`, as text of one byte a character. */
function filesIn(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => [file, readFileSync(file, 'latin1')]);
}

/** Whether the writable memory of a process has these bytes: what a core dump would hold. */
function memoryHas(pid: number, wanted: string): boolean {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
    if (from === '' || line.includes('[v')) continue;
    const [begin, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
    const chunk = Buffer.alloc(Math.min(end - begin, 16 << 20));
    for (let at = begin; at < end; at += chunk.length - wanted.length) {
      let length = 0;
      try {
        length = readSync(memory, chunk, 0, Math.min(chunk.length, end - at), at);
      } catch (error) {
        // Reserved and not there, as the thread pool keeps it.
        if (!(error instanceof Error && 'code' in error && error.code === 'EIO')) throw error;
      }
      if (length === 0) break;
      if (chunk.subarray(0, length).includes(wanted)) return true;
      if (length < chunk.length) break;
    }
  }
  return false;
}

describe('PINs and codes of a whole story with the most talkative logs', () => {
  let lab: FaultLab;
  let traced: string;
  let trace: string;
  beforeAll(async () => {
    lab = await FaultLab.start(1, ['unlockPriorConnection=true', 'totpPriorConnection=false']);
    for (const file of ['server/server.toml', 'gateways/gw1.toml']) {
      const config = path.join(lab.stack.folder, file);
      writeFileSync(config, `logLevel = "debug"\n${readFileSync(config, 'utf8')}`);
    }
    for (const part of ['server', 'gateway', 'helper'] as const) await lab.kill(part, 'SIGTERM');
    await lab.restart('server');
    await lab.restart('gateway');
    await lab.restart('helper', { extra: ['--log-level', 'debug'] });
    await lab.gatewayIsBack();
    traced = path.join(lab.stack.folder, 'traced-laptop');
    trace = path.join(lab.stack.folder, 'logs/client-trace.log');
    writeFileSync(
      traced,
      `#!/bin/sh\nPOSTERN_LOG_LEVEL=trace; export POSTERN_LOG_LEVEL\nexec '${lab.stack.laptop.shell}' "$@" 2>>'${trace}'\n`,
    );
    chmodSync(traced, 0o700);
  });
  afterAll(() => lab.stop());

  it('are in no log, output, IPC, profile, database or memory of another process', async () => {
    const member = lab.newMember();
    const codes = await lab.codes(member);
    const clients: ClientProcess[] = [];
    const client = (...args: string[]) => {
      const profile = ['--profile', lab.profileFolder(member.email)];
      const started = startClient(traced, [...args, ...profile]);
      clients.push(started);
      return started;
    };
    /** The word of the server on `pin`, at the newest question of the gate. */
    const give = async (gate: ClientProcess, pin: string) => {
      const typed = gate.seen.length;
      gate.type(pin);
      const { event } = await gate.waitFor('it was judged', (seen) => proofOutcome(seen) !== null, typed);
      return proofOutcome(event)?.problem?.code ?? null;
    };

    const signIn = client('sign-in', '--email', member.email);
    for (const line of [member.password, codes.previous]) signIn.type(line);
    expect(await signIn.ended).toBe(0);
    const set = client('pin', 'set');
    for (const line of [PIN, PIN, codes.current]) set.type(line);
    expect(await set.ended, JSON.stringify(set.seen.slice(-2))).toBe(0);

    const gate = client('connect');
    await gate.waitFor('it asked for the PIN', isPrompt('gate'));
    expect(await give(gate, WRONG_PIN)).toBe('wrong-pin');
    expect(await give(gate, PIN)).toBeNull();
    await gate.waitFor('it was connected', isPhase('connected'));
    await lab.expectTraffic();
    // Through the control socket of the running client.
    const change = client('pin', 'change');
    for (const line of [LATER_PIN, LATER_PIN, codes.next]) change.type(line);
    expect(await change.ended, JSON.stringify(change.seen.slice(-2))).toBe(0);
    const mark = gate.seen.length;
    await lab.kick(member);
    await gate.waitFor('it asked for the PIN', isPrompt('gate'), mark);
    expect(await give(gate, LATER_PIN)).toBeNull();
    await gate.waitFor('it was connected', isPhase('connected'), mark);
    // A crash, and whatever it leaves.
    gate.kill('SIGABRT');
    await gate.ended;

    const secrets = {
      PIN,
      'later PIN': LATER_PIN,
      'wrong PIN': WRONG_PIN,
      'code of the sign-in': codes.previous,
      'code of the set-up': codes.current,
      'code of the change': codes.next,
    };
    const places = [
      ...filesIn(path.join(lab.stack.folder, 'logs')),
      ...filesIn(path.join(lab.stack.folder, 'server')),
      ...filesIn(lab.profileFolder(member.email)),
      ...clients.map(({ seen }, index): [string, string] => [`output ${index}`, JSON.stringify(seen)]),
    ];
    const found: string[] = [];
    for (const [name, secret] of Object.entries(secrets))
      for (const [place, text] of places) if (contains(text, secret)) found.push(`${name} in ${place}`);
    for (const part of ['server', 'gateway', 'helper'] as const)
      if (memoryHas(lab.pidOf(part), LATER_PIN)) found.push(`later PIN in the memory of the ${part}`);
    expect(found).toEqual([]);

    // The same search finds what is meant to be there.
    const texts = Object.fromEntries(places);
    expect(texts[trace]?.length).toBeGreaterThan(0);
    expect(contains(`"pin":"${PIN}"`, PIN)).toBe(true);
    expect(places.some(([place, text]) => place.includes('postern.db') && text.includes(member.email))).toBe(
      true,
    );
    expect(memoryHas(lab.pidOf('server'), lab.file.serverUrl)).toBe(true);
    expect(memoryHas(process.pid, LATER_PIN)).toBe(true);
  });
});
