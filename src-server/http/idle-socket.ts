import type { WebSocket } from '@fastify/websocket';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

/**
 * What keeps a channel small that does nothing for hours: of the request that it began with nothing is left. Node ties
 * the response to the socket, and the response holds request, headers and log: half of what a channel takes of the heap.
 */

/** The last `preHandler` of a channel: what is answered from here on goes by the socket itself. */
export async function letGoOfResponse(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.ws) reply.raw.detachSocket(request.raw.socket);
}

/** In place of the listener of `@fastify/websocket`, which holds request and reply. */
export function endAtFaults(socket: WebSocket, log: Logger, deviceId: string): void {
  socket.removeAllListeners('error');
  socket.on('error', (error) => {
    log.error({ err: error, deviceId }, 'client channel broken');
    socket.terminate();
  });
}
