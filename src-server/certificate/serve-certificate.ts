import { Server as TlsServer } from 'node:tls';
import { Gauge, type Registry } from 'prom-client';
import { inTurn } from '../../src-node/in-turn.ts';
import type { ServerContext } from '../context.ts';
import type { CertificateKeeper } from './certificate-keeper.ts';
import { tellExpiry } from './expiry-notices.ts';

const TELL_EVERY_MS = 3_600_000;

/**
 * Keeps a listening server at the certificate of `keeper`, its expiry in the metrics, and the owners informed. Handshakes
 * from then on see a renewed one; connections that are open go on. Returns what ends it.
 */
export function serveCertificate(
  ctx: ServerContext,
  { keeper, server, metrics }: { keeper: CertificateKeeper; server: unknown; metrics: Registry },
): () => Promise<void> {
  registerCertificateMetrics(keeper, metrics);
  const turn = inTurn();
  const tell = (): void => {
    turn(() => tellExpiry(ctx, keeper.facts)).catch((error: unknown) =>
      ctx.log.error({ err: error }, 'owners could not be told of the certificate'),
    );
  };
  keeper.whenChanged((pair) => {
    if (server instanceof TlsServer) server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' });
    tell();
  });
  keeper.start();
  const timer = setInterval(tell, TELL_EVERY_MS);
  tell();
  return async () => {
    keeper.stop();
    clearInterval(timer);
    await turn(() => undefined);
  };
}

function registerCertificateMetrics(keeper: CertificateKeeper, registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'postern_certificate_not_after_timestamp_seconds',
    help: "When the server's certificate expires, seconds since 1970",
    registers,
    collect() {
      this.set(keeper.facts.notAfter / 1000);
    },
  });
  new Gauge({
    name: 'postern_certificate_not_before_timestamp_seconds',
    help: "From when on the server's certificate is valid, seconds since 1970",
    registers,
    collect() {
      this.set(keeper.facts.notBefore / 1000);
    },
  });
}
