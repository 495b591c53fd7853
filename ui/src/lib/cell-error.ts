/** A message about a failed cell begins with the slug of the provider that failed; people get its name beside the message. */
export function partsOfError(message: string): { provider: string | null; text: string } {
  const parts = /^([a-z][a-z0-9_-]*): (.+)$/s.exec(message);
  return { provider: parts?.[1] ?? null, text: parts?.[2] ?? message };
}
