/**
 * Everything in the replica that is no plain page, and what a reader has to make of it. A person's or company's record
 * names its kind in `awkward`. The three walls stop an account, so their people stand in the second account's export.
 */
export const awkward = {
  authwall: "LinkedIn shows its login wall until somebody signs in: blocked.",
  checkpoint: "LinkedIn asks for a code from an email until one is entered: blocked.",
  "status-999": "LinkedIn answers 999 with an empty page and a script: blocked.",
  gone: "The profile was closed, LinkedIn forwards to /404/: gone.",
  "other-script": "Name, headline, employer and place are Japanese, the labels around them English: found.",
  "right-to-left": "An Arabic name and text with bidi marks: found, and the marks belong to no value.",
  "changed-jobs": "The export names the former employer: the profile's new one is right.",
  "role-ended": "The newest role has an end: there is no current title and no current company.",
  namesake: "Two people of the same name at different companies: two leads.",
  "no-headline": 'The headline is "--", as LinkedIn writes an empty one: absent.',
  "grouped-roles": "Three roles at one company under one heading: the first is the current one.",
  "german-labels": "Labels and dates are German, as for an account set to German: found.",
  "ids-disagree": "One card carries another person's ID, as on a page that was half replaced: drift, nothing stored.",
  "injection-in-about": "The About text gives orders to agents: found, and the orders are just text.",
  slow: "The page takes two seconds: found.",
  "x-suspended": "LinkedIn is fine, the X account is suspended: gone there.",
  "x-protected": "LinkedIn is fine, the X account shows its posts to followers only: private there.",
  "site-down": "The company's site answers 503: nothing can be learnt there.",
  "site-injection": "The company's site gives orders to agents, visibly and in hidden text: found, and just text.",
} as const

export type Awkward = keyof typeof awkward
