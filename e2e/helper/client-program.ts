import { createConnection } from 'node:net';

/** Carries lines between stdin and the helper's socket: a client that tests can start as another user, and kill. */
const socket = createConnection(process.argv[2] ?? '');
socket.on('error', (error) => process.stdout.write(`${JSON.stringify({ failed: error.message })}\n`));
socket.on('close', () => process.exit(0));
process.stdin.pipe(socket);
socket.pipe(process.stdout, { end: false });
