import type { LeaseSummary } from '../../src-shared/connection-state.ts';
import { PORT_TURN_MS } from '../../src-shared/port-turn.ts';

/** Every port of the gateway has its turn before it is given up: `patienceMs` is what one that is the only one has. */
export function patienceWith(lease: LeaseSummary | null, patienceMs: number): number {
  return patienceMs + (lease?.alternatePorts?.length ?? 0) * PORT_TURN_MS;
}

export function hasMorePorts(lease: LeaseSummary): boolean {
  return (lease.alternatePorts?.length ?? 0) > 0;
}
