import type { ServerContext } from '../../context.ts';
import { endOverdueTokens, takeGatewayToken } from './gateway-token.ts';

interface OpenChannel {
  hash: string;
  close(): void;
}

/** With which token each agent has come, so that its channel ends with the token. */
export class GatewayTokens {
  readonly #ctx: Pick<ServerContext, 'database' | 'now'>;
  readonly #channels = new Map<string, OpenChannel>();

  constructor(ctx: Pick<ServerContext, 'database' | 'now'>) {
    this.#ctx = ctx;
  }

  /** The agent has said hello. False: its token has ended since the channel was opened. */
  async opened(gatewayId: string, channel: OpenChannel): Promise<boolean> {
    const token = { id: gatewayId, hash: channel.hash, now: this.#ctx.now() };
    const isGood = await takeGatewayToken(this.#ctx.database.db, token);
    if (isGood) this.#channels.set(gatewayId, channel);
    return isGood;
  }

  closed(gatewayId: string, channel: OpenChannel): void {
    if (this.#channels.get(gatewayId) === channel) this.#channels.delete(gatewayId);
  }

  /** Ends what is overdue, and the channels that came with it. */
  async endOverdue(): Promise<void> {
    if ((await endOverdueTokens(this.#ctx.database.db, this.#ctx.now())) > 0) await this.closeEnded();
  }

  /** Channels whose token is none of their gateway's any more are closed. */
  async closeEnded(): Promise<void> {
    if (this.#channels.size === 0) return;
    const rows = await this.#ctx.database.db
      .selectFrom('gateway')
      .select(['id', 'token_hash', 'next_token_hash'])
      .where('id', 'in', [...this.#channels.keys()])
      .execute();
    for (const { id, token_hash, next_token_hash } of rows) {
      const channel = this.#channels.get(id);
      if (channel && channel.hash !== token_hash && channel.hash !== next_token_hash) channel.close();
    }
  }
}
