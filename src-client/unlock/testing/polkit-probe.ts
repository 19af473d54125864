import pino from 'pino';
import { createPolkitProvider } from '../polkit.ts';

/** As an ordinary user against the bus named in the environment: what is in the way, and how a question ends. */
const provider = createPolkitProvider({
  busAddress: () => process.env.DBUS_SYSTEM_BUS_ADDRESS ?? null,
  uid: process.getuid?.() ?? 0,
  log: pino({ level: 'silent' }),
});
const obstacle = await provider.obstacle();
const signal = AbortSignal.timeout(3_000);
const { outcome } = await provider.prove({ nonce: '', reasonText: '', signal });
process.stdout.write(JSON.stringify({ obstacle, outcome }));
