/** What the page and its server say to each other, as JSON. Both sides import these types. */

/** A text in both languages of the page. */
export interface WireLabel {
  readonly en: string;
  readonly zh: string;
}

export interface WireImage {
  /** Where its bytes are: an address of the server, or a `data:` address for a passing preview. */
  readonly src: string;
  /** For saving it: `palimpsest_<node>.png`. */
  readonly name: string;
  readonly description: string;
  /** Meant to be kept as a file. */
  readonly original: boolean;
  /** A version of a picture: a mask painted over it says where to repaint it. */
  readonly paintable: boolean;
}

export interface WireButton {
  readonly label: string;
  /** What it does, in two letters. */
  readonly action: string;
  /** The sign it carries where there are no icons; null for none. */
  readonly emoji: string | null;
  /** Goes back to the server as it is. */
  readonly code: string;
  readonly style: 'primary' | 'secondary' | 'danger';
  readonly disabled: boolean;
  /** Needs no server: it lets a mask be painted over the picture that the card is about. */
  readonly paints: boolean;
}

/** Something to choose; where it is about a line of the card, the line itself is chosen. */
export interface WireChoice {
  readonly label: string;
  readonly line: number | null;
  /** Goes back to the server as it is. */
  readonly code: string;
}

export interface WireCard {
  readonly title: string;
  readonly lines: readonly string[];
  /** Below them, in letters of one width. */
  readonly block: readonly string[];
  readonly images: readonly WireImage[];
  readonly rows: readonly (readonly WireButton[])[];
  readonly choices: readonly WireChoice[];
  readonly tone: 'plain' | 'busy' | 'done' | 'warning';
  readonly spoiler: boolean;
}

export interface WireFile {
  readonly name: string;
  readonly role: 'image' | 'mask';
  /** A small copy to look at; null when the browser could not make one. */
  readonly src: string | null;
}

/** What a person said. */
export interface WireSaid {
  /** Who, as everybody may know them. */
  readonly user: string;
  readonly name: string;
  readonly text: string;
  /** Parameters chosen beside the text, by chat option name. */
  readonly settings: Readonly<Record<string, string>>;
  readonly files: readonly WireFile[];
}

/** One message of the conversation: somebody's words, or a card of ours. */
export interface WireMessage {
  readonly id: string;
  /** ms since 1970. */
  readonly at: number;
  readonly replyTo: string | null;
  /** Nobody else sees it. */
  readonly onlyYou: boolean;
  /** Ends with the key the page chose, when the page sent it. */
  readonly nonce: string;
  readonly said: WireSaid | null;
  readonly card: WireCard | null;
}

/** A change of the conversation; `reset`: too much was missed, load it anew. */
export type WireEvent =
  | { readonly kind: 'posted' | 'changed'; readonly message: WireMessage }
  | { readonly kind: 'removed'; readonly id: string }
  | { readonly kind: 'reset' };

export interface WireConversation {
  /** Oldest first. */
  readonly messages: readonly WireMessage[];
  /** There are older ones. */
  readonly earlier: boolean;
  /** The newest change these messages know of; events follow from here. */
  readonly event: string;
}

export interface WireFormField {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly long: boolean;
  readonly required: boolean;
  readonly maxLength: number;
}
export interface WireForm {
  readonly code: string;
  readonly title: string;
  readonly fields: readonly WireFormField[];
}

/** What follows at once from something said or pressed. */
export interface WireAnswer {
  /** Said to this person alone, and not kept. */
  readonly told: readonly WireCard[];
  /** Further buttons of the card that was pressed. */
  readonly menu: WireCard | null;
  readonly form: WireForm | null;
  /** What was pressed has become something else where it stands. */
  readonly inPlace: boolean;
}

interface WireFieldBase {
  /** Chat option name: `strength`. */
  readonly name: string;
  readonly label: WireLabel;
}
export type WireField = WireFieldBase &
  (
    | {
        readonly kind: 'integer' | 'number';
        readonly min: number;
        readonly max: number;
        readonly step: number;
        readonly default: number;
      }
    | { readonly kind: 'switch'; readonly default: boolean }
    | {
        readonly kind: 'choice';
        readonly choices: readonly { readonly value: string; readonly label: WireLabel }[];
        readonly default: string;
      }
    | { readonly kind: 'text'; readonly maxLength: number; readonly default: string }
  );

/** What the page has to know before it can show anything. */
export interface WireSetup {
  readonly user: string;
  readonly fields: readonly WireField[];
  readonly commands: readonly { readonly name: string; readonly about: WireLabel }[];
  /** Bytes of one file at most. */
  readonly fileLimit: number;
}
