import type { Proof } from '../../src-shared/challenge.ts';
import type { MeAnswer } from '../../src-shared/client-api.ts';
import type { AboutHelper } from '../../src-shared/helper-rpc.ts';
import type { Result } from '../../src-shared/problem.ts';
import type { ConnectReply } from '../control/rest.ts';

/** The server of the open session, as the driver needs it. */
export interface ServerLink {
  deviceId: string;
  connect(request: ConnectionRequest): Promise<ConnectReply>;
  me(): Promise<Result<MeAnswer>>;
  deleteConnection(leaseId: string): Promise<Result<void>>;
  warm(): void;
  sendStatus(phase: string, leaseId: string | null): void;
  /** New channel, new connections. */
  restart(): void;
}

export interface ConnectionRequest {
  gatewayId: string;
  wgPublicKey: string;
  challengeId?: string;
  proofs?: Proof[];
  helper?: AboutHelper;
  knownEpoch?: number;
}
