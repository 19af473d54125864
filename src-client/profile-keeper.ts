import { ok, type Result } from '../src-shared/problem.ts';
import type { OpenProfile } from './open-profile.ts';

/** Opens the profile with the first call that needs it, once. After a refusal the next call tries again. */
export class ProfileKeeper {
  readonly #openProfile: () => Promise<Result<OpenProfile>>;
  #current: OpenProfile | null = null;
  #opening: Promise<Result<OpenProfile>> | null = null;

  constructor(openProfile: () => Promise<Result<OpenProfile>>) {
    this.#openProfile = openProfile;
  }

  /** Null before it is open and after it was left. */
  get current(): OpenProfile | null {
    return this.#current;
  }

  async whenOpen<T>(call: (profile: OpenProfile) => Promise<Result<T>>): Promise<Result<T>> {
    const opened = await this.#open();
    return opened.ok ? call(opened.value) : opened;
  }

  /**
   * Signed in if that is possible without asking: the keyring may have been unlocked meanwhile. With a session open,
   * `call` runs at once.
   */
  async whenSignedIn<T>(call: (profile: OpenProfile) => Promise<Result<T>>): Promise<Result<T>> {
    if (this.#current?.session.link) return call(this.#current);
    return this.whenOpen(async (profile) => {
      const restored = await profile.session.restore();
      return restored.ok ? call(profile) : restored;
    });
  }

  /** Gives the open profile out of hand, for whoever closes it. */
  async leave(): Promise<OpenProfile | null> {
    await this.#opening;
    const left = this.#current;
    this.#current = null;
    return left;
  }

  #open(): Promise<Result<OpenProfile>> {
    if (this.#current) return Promise.resolve(ok(this.#current));
    this.#opening ??= this.#openOnce().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #openOnce(): Promise<Result<OpenProfile>> {
    const opened = await this.#openProfile();
    if (opened.ok) this.#current = opened.value;
    return opened;
  }
}
