import type { CDPSession } from '@playwright/test';
import type { AuthenticatorOptions } from '../contract.ts';

type Credential = Awaited<ReturnType<typeof credentialsOf>>[number];

async function credentialsOf(cdp: CDPSession, authenticatorId: string) {
  return (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
}

/**
 * The sensor and key store of the computer that the host stands for. Chromium forgets an authenticator with the page it
 * was given to, so the keys are kept here and given to the next one.
 */
export class VirtualAuthenticator {
  #options: AuthenticatorOptions;
  readonly #credentials = new Map<string, Credential>();
  readonly #pages = new Map<CDPSession, string>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** From now on, for the page that is open and those to come. */
  async change(options: Partial<AuthenticatorOptions>): Promise<void> {
    this.#options = { ...this.#options, ...options };
    const { isVerified, isPresent } = this.#options;
    for (const [cdp, authenticatorId] of this.#pages) {
      try {
        await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: isVerified });
        await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: isPresent });
      } catch (error) {
        // A window that is just being closed needs no sensor any more.
        if (!(error instanceof Error && /closed/i.test(error.message))) throw error;
        this.#pages.delete(cdp);
      }
    }
  }

  get credentialIds(): string[] {
    return [...this.#credentials.keys()];
  }

  /** As a key store that was reset. */
  wipe(): void {
    this.#credentials.clear();
  }

  /** Gives the page of `cdp` this authenticator, before it asks for one. */
  async join(cdp: CDPSession): Promise<void> {
    await cdp.send('WebAuthn.enable', { enableUI: false });
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: false,
        hasUserVerification: true,
        isUserVerified: this.#options.isVerified,
        automaticPresenceSimulation: this.#options.isPresent,
      },
    });
    const keep = (event: { credential: Credential }) =>
      void this.#credentials.set(event.credential.credentialId, event.credential);
    cdp.on('WebAuthn.credentialAdded', keep);
    cdp.on('WebAuthn.credentialAsserted', keep);
    for (const credential of this.#credentials.values())
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
    this.#pages.set(cdp, authenticatorId);
  }

  leave(cdp: CDPSession): void {
    this.#pages.delete(cdp);
  }
}
