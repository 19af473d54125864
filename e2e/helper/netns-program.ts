import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

/**
 * Runs inside a network namespace of the helper tests.
 *   echo ADDRESS PORT   answers every datagram
 *   probe               for each line `ADDRESS PORT COUNT GAP_MS` on stdin sends COUNT numbered datagrams and prints
 *                       `{received, firstAtMs}` as soon as all are back or 3 s after the last; firstAtMs is monotonic.
 *                       COUNT 0: one after another until the first is back, for 3 s
 */
const [mode, address = '', port = ''] = process.argv.slice(2);

if (mode === 'echo') {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (message, from) => socket.send(message, from.port, from.address));
  socket.bind(Number(port), address, () => process.stdout.write('ready\n'));
} else {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [target = '', targetPort, count, gapMs] = line.split(' ');
    probe(target, Number(targetPort), Number(count), Number(gapMs));
  });
  process.stdout.write('ready\n');
}

function probe(target: string, targetPort: number, count: number, gapMs: number): void {
  const socket = createSocket(target.includes(':') ? 'udp6' : 'udp4');
  let sent = 0;
  let firstAtMs: number | null = null;
  const seen = new Set<string>();
  const send = () => {
    // Before the tunnel is up there is no route; the lost datagram is what is being measured.
    socket.send(String(sent++), targetPort, target, () => undefined);
    if (count > 0 && sent >= count) clearInterval(timer);
  };
  const timer = setInterval(send, gapMs);
  const finish = () => {
    clearInterval(timer);
    clearTimeout(limit);
    socket.close();
    process.stdout.write(`${JSON.stringify({ received: seen.size, firstAtMs })}\n`);
  };
  const limit = setTimeout(finish, count * gapMs + 3000);
  socket.on('message', (message) => {
    firstAtMs ??= Number(process.hrtime.bigint()) / 1e6;
    seen.add(message.toString());
    if (seen.size >= Math.max(count, 1)) finish();
  });
  socket.on('error', () => undefined);
  send();
}
