/** What the server offers to make a passkey of; bytes are base64url. */
export interface PasskeyOffer {
  attempt: string;
  challenge: string;
  domain: string;
  user_handle: string;
  email: string;
  name: string;
  algorithms: number[] | null;
  exclude: { credential_id: string; transports: string[] | null }[] | null;
  timeout_ms: number;
}
export interface PasskeyRequest {
  attempt: string;
  challenge: string;
  domain: string;
  timeout_ms: number;
}
export interface MadePasskey {
  attempt: string;
  credential_id: string;
  client_data: string;
  attestation: string;
  transports: string[];
}
export interface PasskeyAnswer {
  attempt: string;
  credential_id: string;
  user_handle: string;
  client_data: string;
  authenticator_data: string;
  signature: string;
}

/** The browser or the person did not go through with it; the message is for the person. */
export class PasskeyError extends Error {}

export function browserHasPasskeys(): boolean {
  return typeof window.PublicKeyCredential === 'function';
}

/** Whether this page may use passkeys: browsers refuse on others than those of the origin. */
export function passkeysWork(origin: string | undefined): boolean {
  return browserHasPasskeys() && origin === window.location.origin;
}

/** Whether the browser can offer passkeys while the person fills in the form. */
export async function offersInForms(): Promise<boolean> {
  if (!browserHasPasskeys()) return false;
  const ask = (PublicKeyCredential as { isConditionalMediationAvailable?: () => Promise<boolean> })
    .isConditionalMediationAvailable;
  return ask ? ask.call(PublicKeyCredential).catch(() => false) : false;
}

/** Lets the browser make a passkey that is found without a name, on a device that verifies its person. */
export async function makePasskey(offer: PasskeyOffer): Promise<MadePasskey> {
  const made = (await said(
    navigator.credentials.create({
      publicKey: {
        challenge: bytesOf(offer.challenge),
        rp: { id: offer.domain, name: 'Morket' },
        user: { id: bytesOf(offer.user_handle), name: offer.email, displayName: offer.name },
        pubKeyCredParams: (offer.algorithms ?? []).map((alg) => ({ type: 'public-key', alg })),
        excludeCredentials: (offer.exclude ?? []).map((c) => ({
          type: 'public-key',
          id: bytesOf(c.credential_id),
          transports: (c.transports ?? []) as AuthenticatorTransport[],
        })),
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        attestation: 'none',
        timeout: offer.timeout_ms,
      },
    }),
  )) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    attempt: offer.attempt,
    credential_id: textOf(made.rawId),
    client_data: textOf(response.clientDataJSON),
    attestation: textOf(response.attestationObject),
    transports: response.getTransports(),
  };
}

/** Lets the person show a passkey; in forms the browser offers it beside what it would fill in. */
export async function showPasskey(
  request: PasskeyRequest,
  { inForms, signal }: { inForms?: boolean; signal?: AbortSignal } = {},
): Promise<PasskeyAnswer> {
  const shown = (await said(
    navigator.credentials.get({
      ...(inForms ? { mediation: 'conditional' as const } : {}),
      ...(signal ? { signal } : {}),
      publicKey: {
        challenge: bytesOf(request.challenge),
        rpId: request.domain,
        userVerification: 'required',
        timeout: request.timeout_ms,
      },
    }),
  )) as PublicKeyCredential;
  const response = shown.response as AuthenticatorAssertionResponse;
  return {
    attempt: request.attempt,
    credential_id: textOf(shown.rawId),
    user_handle: textOf(response.userHandle ?? new ArrayBuffer(0)),
    client_data: textOf(response.clientDataJSON),
    authenticator_data: textOf(response.authenticatorData),
    signature: textOf(response.signature),
  };
}

async function said(asked: Promise<Credential | null>): Promise<Credential> {
  try {
    const answer = await asked;
    if (answer) return answer;
  } catch (e) {
    if (e instanceof DOMException && e.name === 'InvalidStateError')
      throw new PasskeyError('This device has a passkey for your account already.');
    if (!(e instanceof DOMException)) throw e;
  }
  throw new PasskeyError('No passkey was used. Try again, or choose another device.');
}

export function textOf(bytes: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(bytes), (b) => String.fromCharCode(b)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}
