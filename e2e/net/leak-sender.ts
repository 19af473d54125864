import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Sends a datagram to each `ADDRESS,PORT` of the arguments every 5 ms, whatever the kernel says to it, until it is ended. */
const targets = process.argv.slice(2).map((target) => {
  const [address = '', port = ''] = target.split(',');
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  // A refusal is what is asked for.
  socket.on('error', () => undefined);
  return () => socket.send('x', Number(port), address, () => undefined);
});
setInterval(() => {
  for (const send of targets) send();
}, 5);
