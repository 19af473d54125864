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
      allowedIps: z.array(z.string()),
    }),
  ),
  laptop: z.object({ netns: z.string(), helperSocket: z.string() }),
  target: z.object({ url: z.string() }),
  /** Shows the mails that the server has sent; `/mails.json` lists them for tools. */
  mail: z.object({ url: z.string() }),
  /** On the flat network there is nothing between laptop, server and gateways. */
  net: z.object({
    kind: z.enum(['routed', 'flat']),
    lanNetns: z.string().nullable(),
    routerNetns: z.string().nullable(),
    coreNetns: z.string().nullable(),
    /** The first is the one that the laptop starts on; `interface` is the laptop's. */
    uplinks: z.array(
      z.object({
        name: z.string(),
        netns: z.string(),
        interface: z.string(),
        prefix4: z.string(),
        prefix6: z.string(),
      }),
    ),
  }),
});
export type StackFile = z.infer<typeof stackFile>;
