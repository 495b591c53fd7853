/** Returns a function that has something painted with the next frame of the screen, once however often it is called until then. */
export function onceAFrame(paint: () => void): () => void {
  let frame = 0;
  return () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      paint();
    });
  };
}
