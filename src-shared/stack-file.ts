import * as z from 'zod';

/** `.postern/stack.json`: what `npm run stack` tells people and tools that bring their own client. */
export const stackFile = z.object({
  serverUrl: z.string(),
  caFile: z.string(),
  apiToken: z.string(),
  admin: z.object({ email: z.string(), password: z.string(), totpSecret: z.string() }),
  members: z.array(
    z.object({ id: z.string(), email: z.string(), password: z.string(), totpSecret: z.string() }),
  ),
  gateways: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      publicKey: z.string(),
      endpoint: z.string(),
      netns: z.string(),
    }),
  ),
  laptop: z.object({ netns: z.string(), helperSocket: z.string() }),
  target: z.object({ url: z.string() }),
  /** Shows the mails that the server has sent; `/mails.json` lists them for tools. */
  mail: z.object({ url: z.string() }),
});
export type StackFile = z.infer<typeof stackFile>;
