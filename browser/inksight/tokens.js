/** Ids of a decoder's steps, and text <-> ids. The port of what decoding needs of tokens.py. */

export const [PAD, DERENDER, DERENDER_TEXT, RECOGNIZE, RECOGNIZE_DERENDER, INK, END, DOWN, MOVE] = Array(9).keys();
export const FIRST_CHARACTER = 9;

/** The modes that read. */
export const READING = ["recognize", "recognize-and-derender"];

/** The decoder's first token for each mode. */
export const PROMPTS = {
  derender: DERENDER,
  "derender-with-text": DERENDER_TEXT,
  "recognize-and-derender": RECOGNIZE_DERENDER,
  recognize: RECOGNIZE,
};

export class Vocabulary {
  /** @param {string} characters in the order of their ids */
  constructor(characters) {
    this.characters = [...characters];
    this.ids = new Map(this.characters.map((c, i) => [c, FIRST_CHARACTER + i]));
  }

  /** Ids of the text's characters; those that the vocabulary lacks are left out. */
  encode(text) {
    return [...text].filter((c) => this.ids.has(c)).map((c) => this.ids.get(c));
  }

  /** The text of the character ids among `ids`. */
  decode(ids) {
    return ids.filter((i) => i >= FIRST_CHARACTER).map((i) => this.characters[i - FIRST_CHARACTER]).join("");
  }
}
