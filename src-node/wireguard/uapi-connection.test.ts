import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UapiConnection } from './uapi-connection.ts';

/** A socket that records what arrives; each test says how it answers. */
describe('UAPI connection', () => {
  let directory: string;
  let server: Server;
  let path: string;
  let requests: string[];
  let connections: number;
  let answer: (socket: Socket, request: string) => void;
  let connection: UapiConnection;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-uapi-'));
    path = join(directory, 's.sock');
    requests = [];
    connections = 0;
    answer = (socket) => socket.write('errno=0\n\n');
    server = createServer((socket) => {
      connections += 1;
      socket.setEncoding('utf8').on('data', (text: string) => {
        requests.push(text);
        answer(socket, text);
      });
      socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    connection = new UapiConnection(path);
  });
  afterEach(async () => {
    connection.close();
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true, force: true });
  });

  it('answers many requests in order over one connection, one at a time', async () => {
    answer = (socket, request) => setTimeout(() => socket.write(`echo=${request.trim()}\nerrno=0\n\n`), 2);
    const replies = await Promise.all(['a\n\n', 'b\n\n', 'c\n\n'].map((text) => connection.request(text)));
    expect(replies).toEqual(['echo=a\nerrno=0', 'echo=b\nerrno=0', 'echo=c\nerrno=0']);
    expect(requests).toEqual(['a\n\n', 'b\n\n', 'c\n\n']);
    expect(connections).toBe(1);
  });

  it('sends a request again when the connection breaks, once', async () => {
    let broken = 0;
    answer = (socket) => {
      broken += 1;
      if (broken === 1) socket.destroy();
      else socket.write('errno=0\n\n');
    };
    expect(await connection.request('a\n\n')).toBe('errno=0');
    answer = (socket) => socket.destroy();
    await expect(connection.request('b\n\n')).rejects.toThrow('closed');
    expect(requests).toEqual(['a\n\n', 'a\n\n', 'b\n\n', 'b\n\n']);
  });

  it('starts afresh after a refusal, so that unread lines are not taken for requests', async () => {
    answer = (socket) => socket.write('errno=-22\n\n');
    expect(await connection.request('a\n\n')).toBe('errno=-22');
    answer = (socket) => socket.write('errno=0\n\n');
    expect(await connection.request('b\n\n')).toBe('errno=0');
    expect(connections).toBe(2);
  });

  it('joins an answer that comes in pieces', async () => {
    answer = (socket) => {
      socket.write('listen_port=1\nerr');
      setTimeout(() => socket.write('no=0\n'), 5);
      setTimeout(() => socket.write('\n'), 10);
    };
    expect(await connection.request('get=1\n\n')).toBe('listen_port=1\nerrno=0');
  });

  it('rejects what waits when it is closed, and everything after', async () => {
    answer = () => undefined;
    const waiting = [connection.request('a\n\n'), connection.request('b\n\n')];
    connection.close();
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(connection.request('c\n\n')).rejects.toThrow('closed');
  });

  it('rejects when nobody listens', async () => {
    const lonely = new UapiConnection(join(directory, 'nobody.sock'));
    await expect(lonely.request('a\n\n')).rejects.toThrow('ENOENT');
  });
});
