/** A common job, as a person picks it from a list in their own agent. */
export type Job = {
  name: string
  title: string
  description: string
  arguments: { name: string; description: string; required: boolean }[]
  text(given: Record<string, string>): string
}

const lead = { name: "lead", description: "A name or a number", required: true }

export const jobs: Job[] = [
  {
    name: "latest-leads",
    title: "Show the latest leads",
    description: "The newest leads as a table",
    arguments: [{ name: "limit", description: "How many; 20 if left out", required: false }],
    text: ({ limit = "20" }) =>
      `Show me the latest ${limit} leads of the CRM as a table, with the link to the same table. Do not describe rows that I can see.`,
  },
  {
    name: "enrich",
    title: "Enrich leads",
    description: "Queues leads for enrichment by the CRM's own agents",
    arguments: [{ name: "which", description: "Such as: those without a title", required: true }],
    text: ({ which }) =>
      `Queue these leads of the CRM for enrichment with leads.enrich: ${which}. Count them first. If it waits for my yes, give me the address of the page.`,
  },
  {
    name: "prepare",
    title: "Prepare a conversation",
    description: "What is worth knowing about a lead before somebody speaks to them",
    arguments: [lead],
    text: ({ lead }) =>
      `Find ${lead} in the CRM and prepare me for a conversation with them, in at most seven lines. Say only what its facts and notes say, each with its basis, and mark what is old.`,
  },
  {
    name: "draft",
    title: "Draft a first message",
    description: "A draft that waits for a person; nothing is sent",
    arguments: [lead, { name: "about", description: "What the team offers", required: true }],
    text: ({ lead, about }) =>
      `Draft a first message to ${lead} about: ${about}. Follow skills.read("first-message"), claim only what facts prove, and give me the address where I review it.`,
  },
  {
    name: "gaps",
    title: "Find the gaps",
    description: "Where the database is thin, and what would mend it",
    arguments: [],
    text: () =>
      "Count the leads of the CRM that lack a title, company, email or LinkedIn address, by status, as one table. Then say in one sentence what to enrich first.",
  },
  {
    name: "undo",
    title: "Take it back",
    description: "Undoes what this agent changed in the CRM",
    arguments: [],
    text: () =>
      "Take back with runs.undo all that you have changed in the CRM in this session, and tell me what was kept.",
  },
]
