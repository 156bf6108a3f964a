/**
 * What something is asked for, the most urgent first: a `move` under way, the `reading` of who holds an address, or a `check` whether
 * a move would work.
 */
export const purposes = ["move", "reading", "check"] as const;

export type Purpose = (typeof purposes)[number];
