/** A sign of a text that is not seen or turns what stands around it, and how it is shown and said. */
export interface Sign {
  /** The characters themselves, which are copied. */
  chars: string;
  label: string;
  name: string;
}

/** Parts of a text: what is seen as it is, and signs. */
export type Piece = string | Sign;

/**
 * Control characters, what Unicode lets no font show (UAX #44, Default_Ignorable_Code_Point), marks of direction, separators of
 * lines and the blank that is no space. Text that holds such looks like another text.
 */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb]/u;
const RUNS = new RegExp(`(?:${UNSEEN.source})+`, 'gu');

/** A joiner makes one emoji of two, and other letters in the scripts that join or stack theirs. */
const JOINED =
  /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
const VARIANT = /^[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]$/u;
const TAG = /^[\u{e0020}-\u{e007f}]$/u;
const FLAG = /\u{1f3f4}[\u{e0020}-\u{e007e}]*$/u;

export function hasSigns(text: string): boolean {
  return UNSEEN.test(text);
}

/** The parts of a text. Where it is shown in lines, tabs and line breaks are no signs. */
export function pieces(text: string, lines = false): Piece[] {
  const out: Piece[] = [];
  let seen = '';
  const add = (sign: Sign): void => {
    const last = out.at(-1);
    if (seen === '' && typeof last === 'object' && last.label === sign.label) last.chars += sign.chars;
    else {
      if (seen !== '') out.push(seen);
      out.push(sign);
    }
    seen = '';
  };
  let end = 0;
  for (const run of text.matchAll(RUNS)) {
    seen += text.slice(end, run.index);
    end = run.index + run[0].length;
    for (const { 0: char, index } of run[0].matchAll(/\r\n|./gsu)) {
      const at = run.index + index;
      if (belongs(char, text.slice(Math.max(0, at - 16), at), text.slice(at + char.length, at + 3), lines))
        seen += char;
      else add(signOf(char));
    }
  }
  seen += text.slice(end);
  if (seen !== '') out.push(seen);
  return out;
}

/** Whether a sign does what it is for: then it is part of what is seen. */
function belongs(char: string, before: string, after: string, lines: boolean): boolean {
  if (char === '\n' || char === '\r\n' || char === '\t') return lines;
  if (char === '\u200d' || char === '\u200c') {
    const [next = ''] = after;
    return JOINED.test(before) && JOINED.test(next);
  }
  if (VARIANT.test(char)) return /[^\s\p{Cc}\p{Cf}]$/u.test(before);
  return TAG.test(char) && FLAG.test(before);
}

/** A text for what takes no elements, such as titles and labels: signs are spelled out. */
export function spelled(text: string): string {
  if (!hasSigns(text)) return text;
  return pieces(text)
    .map((p) => (typeof p === 'string' ? p : `[${p.label}]`))
    .join('');
}

function signOf(char: string): Sign {
  const code = char === '\r\n' ? 0x0a : (char.codePointAt(0) ?? 0);
  const [label, name] = KNOWN[code] ?? [];
  const number = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  if (label !== undefined && name !== undefined) return { chars: char, label, name };
  if (TAG.test(char)) return { chars: char, label: 'TAG', name: 'hidden tag characters' };
  const control = CONTROLS[code];
  if (control) return { chars: char, label: control, name: `control character ${control}` };
  return { chars: char, label: number, name: `unseen character ${number}` };
}

const CONTROLS =
  'NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(
    ' ',
  );

const KNOWN: Partial<Record<number, [label: string, name: string]>> = {
  0x09: ['⇥', 'tab'],
  0x0a: ['↵', 'line break'],
  0x0d: ['CR', 'carriage return'],
  0x7f: ['DEL', 'control character DEL'],
  0x85: ['NEL', 'line break of another kind'],
  0xad: ['SHY', 'soft hyphen'],
  0x034f: ['CGJ', 'unseen joiner'],
  0x061c: ['ALM', 'Arabic letter mark'],
  0x115f: ['HF', 'blank Hangul letter'],
  0x1160: ['HF', 'blank Hangul letter'],
  0x200b: ['ZWSP', 'zero-width space'],
  0x200c: ['ZWNJ', 'zero-width non-joiner'],
  0x200d: ['ZWJ', 'zero-width joiner'],
  0x200e: ['LRM', 'left-to-right mark'],
  0x200f: ['RLM', 'right-to-left mark'],
  0x2028: ['LS', 'line separator'],
  0x2029: ['PS', 'paragraph separator'],
  0x202a: ['LRE', 'left-to-right embedding'],
  0x202b: ['RLE', 'right-to-left embedding'],
  0x202c: ['PDF', 'end of embedding or override'],
  0x202d: ['LRO', 'left-to-right override'],
  0x202e: ['RLO', 'right-to-left override'],
  0x2060: ['WJ', 'word joiner'],
  0x2066: ['LRI', 'left-to-right isolate'],
  0x2067: ['RLI', 'right-to-left isolate'],
  0x2068: ['FSI', 'first strong isolate'],
  0x2069: ['PDI', 'end of isolate'],
  0x2800: ['BLANK', 'blank Braille pattern'],
  0x3164: ['HF', 'blank Hangul letter'],
  0xfeff: ['BOM', 'byte order mark'],
  0xffa0: ['HF', 'blank Hangul letter'],
};

/** Writes a text into an element, each of its signs as a mark. */
export function writeText(el: Element, text: string): void {
  if (!hasSigns(text)) {
    el.textContent = text;
    return;
  }
  el.replaceChildren(...pieces(text).map((p) => (typeof p === 'string' ? document.createTextNode(p) : mark(p))));
}

function mark(sign: Sign): HTMLElement {
  const span = document.createElement('span');
  span.className = 'sign';
  span.dataset['sign'] = sign.label;
  span.title = sign.name;
  span.setAttribute('role', 'img');
  span.setAttribute('aria-label', sign.name);
  span.textContent = sign.chars;
  return span;
}
