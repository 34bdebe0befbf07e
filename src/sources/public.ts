import { createHash } from "node:crypto"
import { z } from "zod"
import { jsonSource, type PathValue, valuesAt } from "./json-api.ts"
import type { Outside } from "./outside.ts"
import type { Source } from "./source.ts"

const hour = 3_600_000

/** Sources that are public and cost nothing. */
export function publicSources(outside: Outside): Source[] {
  return [gravatar(outside), github(outside), githubOrganisation(outside), rdap(outside)]
}

/** What a person shows of themselves under the hash of their address. */
function gravatar(outside: Outside): Source {
  return jsonSource(outside, {
    name: "gravatar",
    fields: ["name", "title", "company", "location", "about", "linkedin_url", "x_handle"],
    priceUsd: 0,
    rate: { calls: 90, windowMs: hour },
    precision: 0.8,
    headers: {},
    question({ email }) {
      const hash = email && createHash("sha256").update(email.trim().toLowerCase()).digest("hex")
      return hash ? `https://api.gravatar.com/v3/profiles/${hash}` : null
    },
    read(json) {
      const plain = { name: "display_name", title: "job_title", company: "company", location: "location" }
      return [...valuesAt(json, { ...plain, about: "description" }), ...accountsOf(json)]
    },
  })
}

const gravatarAccounts = z.object({
  verified_accounts: z.array(z.object({ service_type: z.string(), url: z.string() })),
})

/** Accounts that the person has proved to be theirs. */
function accountsOf(json: unknown): PathValue[] {
  const accounts = gravatarAccounts.safeParse(json).data?.verified_accounts ?? []
  const fields: Record<string, string> = { linkedin: "linkedin_url", twitter: "x_handle", x: "x_handle" }
  return accounts.flatMap(({ service_type, url }, i) => {
    const field = fields[service_type.toLowerCase()]
    return field ? [{ field, path: `verified_accounts.${i}.url`, value: url }] : []
  })
}

/** A GitHub user, for a lead whose GitHub name is known. */
function github(outside: Outside): Source {
  return jsonSource(outside, {
    name: "github",
    fields: ["name", "company", "location", "bio", "website", "email", "x_handle"],
    priceUsd: 0,
    rate: { calls: 50, windowMs: hour },
    precision: 0.7,
    headers: { "x-github-api-version": "2022-11-28" },
    question: ({ github: login }) =>
      login && /^[a-z\d-]{1,39}$/i.test(login) ? `https://api.github.com/users/${login}` : null,
    read: (json) =>
      valuesAt(json, {
        name: "name",
        company: "company",
        location: "location",
        bio: "bio",
        website: "blog",
        email: "email",
        x_handle: "twitter_username",
      }),
  })
}

/** A company's organisation on GitHub, where its name there is known. */
function githubOrganisation(outside: Outside): Source {
  return jsonSource(outside, {
    name: "github-organisation",
    fields: ["company", "website"],
    priceUsd: 0,
    rate: { calls: 50, windowMs: hour },
    precision: 0.8,
    headers: { "x-github-api-version": "2022-11-28" },
    question: ({ github_organisation: login }) =>
      login && /^[a-z\d-]{1,39}$/i.test(login) ? `https://api.github.com/orgs/${login}` : null,
    read: (json) => valuesAt(json, { company: "name", website: "blog" }),
  })
}

const registration = z.object({
  events: z.array(z.object({ eventAction: z.string(), eventDate: z.string() })),
})

/** Since when a company's domain is registered. */
function rdap(outside: Outside): Source {
  return jsonSource(outside, {
    name: "rdap",
    fields: ["domain_registered"],
    priceUsd: 0,
    rate: { calls: 100, windowMs: hour },
    precision: 0.99,
    headers: { accept: "application/rdap+json" },
    question: ({ domain }) => (domain ? `https://rdap.org/domain/${encodeURIComponent(domain)}` : null),
    read(json) {
      const events = registration.safeParse(json).data?.events ?? []
      return events.flatMap(({ eventAction, eventDate }, i) =>
        eventAction === "registration"
          ? [{ field: "domain_registered", path: `events.${i}.eventDate`, value: eventDate }]
          : [],
      )
    },
  })
}
