/**
 * Makes many calls few: the first one runs at once, those that come while it runs or within the pause after it run
 * together as one when the pause is over.
 */
export function coalesce(run: () => Promise<void>, pauseMs: number): () => void {
  let busy = false;
  let again = false;
  const start = async (): Promise<void> => {
    busy = true;
    again = false;
    await run();
    setTimeout(() => {
      busy = false;
      if (again) void start();
    }, pauseMs);
  };
  return () => {
    if (busy) again = true;
    else void start();
  };
}
