import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { HelperStatus } from '../../src-shared/helper-rpc.ts';
import type { Problem } from '../../src-shared/problem.ts';

interface Call {
  method: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on the shape of whatever came
  params: any;
}

/** A helper's end of a real unix socket, whose answers a test decides. */
export interface ScriptedHelper {
  calls: Call[];
  /** Null: accepted. */
  refuse: (call: Call) => Problem | null;
  status: HelperStatus;
  /** What happens after an accepted call, before its answer; by default `up` brings bytes at once. */
  onCall: (call: Call) => void;
  /** Sends `changed` to everybody. */
  changed(status: Partial<HelperStatus>): void;
  sendRaw(line: string): void;
  /** Ends every connection; new ones are still taken. */
  hangUp(): void;
  close(): Promise<void>;
}

export const helperDown: HelperStatus = {
  phase: 'down',
  lastHandshakeAt: null,
  rxBytes: 0,
  txBytes: 0,
};

/** Calls that are answered with the status. */
const withStatus: ReadonlySet<string> = new Set([
  'status',
  'guard',
  'stricter',
  'portal',
  'release',
  'overlap',
  'lease-key',
]);

export async function startScriptedHelper(socketPath: string): Promise<ScriptedHelper> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    let buffer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      buffer += chunk;
      const lines = buffer.split('\n');
      buffer = lines.pop() ?? '';
      for (const line of lines) answer(socket, JSON.parse(line));
    });
  });
  rmSync(socketPath, { force: true });
  server.listen(socketPath);
  await once(server, 'listening');

  function answer(socket: Socket, { id, method, params }: Call & { id: number }): void {
    const call = { method, params };
    helper.calls.push(call);
    const refusal = helper.refuse(call);
    if (refusal) {
      const error = { code: -32_000, message: refusal.title, data: refusal };
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, error })}\n`);
      return;
    }
    const result = withStatus.has(method) ? helper.status : {};
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
    helper.onCall(call);
  }

  const helper: ScriptedHelper = {
    calls: [],
    refuse: () => null,
    status: helperDown,
    onCall(call) {
      if (call.method === 'down') helper.changed(helperDown);
      if (call.method !== 'up') return;
      const payload = JSON.parse(Buffer.from(call.params.lease.split('.')[1], 'base64url').toString());
      helper.changed({
        phase: 'up',
        leaseId: payload.jti,
        lastHandshakeAt: new Date().toISOString(),
        rxBytes: 92,
        txBytes: 148,
      });
    },
    changed(status) {
      const { leaseId, ...rest } = { ...helper.status, ...status };
      helper.status = status.phase === 'down' || leaseId === undefined ? rest : { ...rest, leaseId };
      helper.sendRaw(JSON.stringify({ jsonrpc: '2.0', method: 'changed', params: helper.status }));
    },
    sendRaw(line) {
      for (const socket of open) socket.write(`${line}\n`);
    },
    hangUp() {
      for (const socket of open) socket.destroy();
    },
    async close() {
      helper.hangUp();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return helper;
}
