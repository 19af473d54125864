import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

/**
 * One end of a stream of datagrams: `send ADDRESS PORT` or `echo ADDRESS PORT`. Each line of standard input is a time
 * (CLOCK_MONOTONIC, nanoseconds); the answer is one line of JSON about what was sent at or after it and arrived here.
 */
const [role = '', address = '', port = ''] = process.argv.slice(2);
const GAP_MS = 5;
const nowNs = (): number => Number(process.hrtime.bigint());

/** When each arrived datagram was sent, and when it arrived. */
const arrived: { sentAt: number; at: number }[] = [];

const socket = createSocket('udp4');
socket.on('message', (message, from) => {
  arrived.push({ sentAt: Number(message.toString()), at: nowNs() });
  if (role === 'echo') socket.send(message, from.port, from.address);
});
if (role === 'echo') socket.bind(Number(port), address);
// Without a tunnel there is no route: such a datagram is one that did not arrive.
else setInterval(() => socket.send(String(nowNs()), Number(port), address, () => undefined), GAP_MS);

createInterface({ input: process.stdin }).on('line', (line) => {
  const since = Number(line);
  const known = arrived.filter(({ sentAt }) => sentAt >= since);
  const times = [since, ...known.map(({ at }) => at), nowNs()].sort((a, b) => a - b);
  const longestGapMs = Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at))) / 1e6;
  process.stdout.write(`${JSON.stringify({ count: known.length, longestGapMs })}\n`);
});
process.stdin.on('end', () => process.exit(0));
process.stdout.write('{"ready":true}\n');
