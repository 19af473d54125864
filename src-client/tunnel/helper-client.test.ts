import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HELPER_MAX_LINE_BYTES } from '../../src-shared/helper-rpc.ts';
import { problem } from '../../src-shared/problem.ts';
import { guardingHelper } from '../testing/guards.ts';
import { helperDown, type ScriptedHelper, startScriptedHelper } from '../testing/scripted-helper.ts';
import { createHelperClient, type HelperClient } from './helper-client.ts';

let folder: string;
let socketPath: string;
let helper: ScriptedHelper | null;
let client: HelperClient;
let heard: unknown[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-h4-helper-'));
  socketPath = join(folder, 'helper.sock');
  helper = null;
  heard = [];
  client = createHelperClient({
    socketPath,
    ownerUid: process.getuid?.() ?? 0,
    random: () => 0.1,
    log: pino({ level: 'silent' }),
    callTimeoutMs: 1_000,
    events: {
      onReady: ({ phase }) => heard.push(['ready', phase]),
      onLost: ({ code }) => heard.push(['lost', code]),
      onStatus: ({ phase }) => heard.push(['status', phase]),
    },
  });
});
afterEach(async () => {
  client.close();
  await helper?.close();
  rmSync(folder, { recursive: true });
});

const has = (what: unknown) => vi.waitFor(() => expect(heard).toContainEqual(what), { timeout: 5_000 });

describe('the helper client', () => {
  it('calls, and gives refusals as problems', async () => {
    helper = await startScriptedHelper(socketPath);
    helper.onCall = () => undefined;
    expect(await client.ensure()).toEqual({ ok: true, value: undefined });
    expect(await client.up('a.b.c', 'A'.repeat(43))).toBeNull();
    expect(helper.calls.at(-1)).toEqual({
      method: 'up',
      params: { lease: 'a.b.c', privateKey: 'A'.repeat(43) },
    });
    helper.refuse = () => problem('untrusted-server', 'Run this', { command: 'postern-helper trust x' });
    expect(await client.up('a.b.c', 'A'.repeat(43))).toMatchObject({
      code: 'untrusted-server',
      detail: 'Run this',
      command: 'postern-helper trust x',
    });
  });

  it('passes on what changes', async () => {
    helper = await startScriptedHelper(socketPath);
    await client.ensure();
    helper.changed({ ...helperDown, phase: 'up' });
    await has(['status', 'up']);
  });

  it('asks only a helper that can hold traffic back to do so, and passes on the status that it answers with', async () => {
    helper = await startScriptedHelper(socketPath);
    expect(await client.guard('a.b.c')).toMatchObject({ code: 'helper-unavailable' });
    await client.ensure();
    expect(await client.guard('a.b.c')).toMatchObject({ code: 'not-supported' });
    expect(helper.calls.map(({ method }) => method)).toEqual(['status']);
    helper.status = guardingHelper();
    helper.hangUp();
    await has(['lost', 'helper-unavailable']);
    await client.ensure();
    heard.length = 0;
    expect(await client.guard('a.b.c')).toBeNull();
    expect(await client.stricter('always')).toBeNull();
    expect(helper.calls.slice(-2)).toEqual([
      { method: 'guard', params: { guard: 'a.b.c' } },
      { method: 'stricter', params: { mode: 'always' } },
    ]);
    expect(heard).toEqual([
      ['status', 'down'],
      ['status', 'down'],
    ]);
  });

  it('answers open calls when the helper goes, and comes back by itself', async () => {
    helper = await startScriptedHelper(socketPath);
    await client.ensure();
    helper.onCall = () => helper?.hangUp();
    const status = client.status();
    await has(['lost', 'helper-unavailable']);
    await status;
    expect(await client.up('a.b.c', 'x')).toMatchObject({ code: 'helper-unavailable' });
    helper.onCall = () => undefined;
    heard.length = 0;
    await has(['ready', 'down']);
  });

  it('waits for a helper that is not there yet', async () => {
    expect(await client.ensure()).toMatchObject({ ok: false, problem: { code: 'helper-unavailable' } });
    helper = await startScriptedHelper(socketPath);
    await has(['ready', 'down']);
  });

  it('takes no answer for a failure, and no line for a message that is none', async () => {
    helper = await startScriptedHelper(socketPath);
    await client.ensure();
    helper.sendRaw('no json');
    helper.sendRaw('{"jsonrpc":"2.0"}');
    expect(await client.down()).toBeNull();
    helper.refuse = (call) => {
      throw new Error(`never answered: ${call.method}`);
    };
    const original = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', () => undefined);
    expect(await client.down()).toMatchObject({ code: 'tunnel-failed' });
    for (const listener of original) process.on('uncaughtException', listener);
  });

  it('gives up a helper whose line is too long in bytes, finished or not', async () => {
    helper = await startScriptedHelper(socketPath);
    await client.ensure();
    const note = 'ü'.repeat(HELPER_MAX_LINE_BYTES / 2);
    helper.sendRaw(JSON.stringify({ jsonrpc: '2.0', method: 'changed', params: { ...helperDown, note } }));
    await has(['lost', 'helper-unavailable']);
    expect(heard).not.toContainEqual(['status', 'down']);
  });

  it.runIf(process.getuid?.() === 0)('writes nothing to a socket that is not the system’s', async () => {
    helper = await startScriptedHelper(socketPath);
    chownSync(socketPath, 65_534, 65_534);
    expect(await client.ensure()).toMatchObject({ ok: false, problem: { code: 'helper-untrusted' } });
    expect(await client.up('a.b.c', 'x')).toMatchObject({ code: 'helper-unavailable' });
    expect(helper.calls).toEqual([]);
  });
});
