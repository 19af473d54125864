import { pinKeyParameters, STATEMENT_TYPE, UNLOCK_ORIGIN, UNLOCK_RP_ID } from '../../../src-shared/unlock.ts';

/** How proofs are made, for the descriptions of the routes in `/openapi.json`. */

const { memoryKiB, passes, lanes, keyBytes } = pinKeyParameters;

export const levelText = `Needs a fresh code or, where hardware is registered, an assertion (\`levelProof\`); without one the
answer is 401 \`step-up-required\` with a challenge. A code needs no challenge. After too many wrong PINs only a code is taken.`;

export const statementText = `\`signature\` is a compact JWS (RFC 7515), \`alg\` ES256, \`typ\` \`${STATEMENT_TYPE}\`, over
\`{v: 1, aud, deviceId, nonce, method, uvAt, ctr, appVersion}\`: \`aud\` is the issuer of this server, \`nonce\` that of the
challenge, \`uvAt\` seconds since 1970 by the server's clock, \`ctr\` a number that only grows for this device. A \`pin\` is
signed by the device key of the sign-in, \`uv-soft\` by the key that was registered for it. \`uv-hw\` is a WebAuthn assertion
over the nonce (base64url as it stands is the challenge), RP ID \`${UNLOCK_RP_ID}\`, origin \`${UNLOCK_ORIGIN}\`, user
verification required.`;

export const pinText = `\`proof\` is HMAC-SHA256 under \`argon2id(PIN, salt, secret = pepper of the device)\` (${memoryKiB} KiB,
${passes} passes, ${lanes} lanes, ${keyBytes} bytes) over \`pin-proof-v1|<deviceId>|<issuer>\`; the server keeps its SHA-256.`;
