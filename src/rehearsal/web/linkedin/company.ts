import type { Company } from "../company.ts"
import { type Content, html, json, type Markup } from "../markup.ts"
import { some } from "../seed.ts"
import { strangers, viewer } from "../strangers.ts"
import { bprGuid, emberPage } from "./ember.ts"

/** A company's page as members see it: the facts stand in hidden JSON, beside those of other companies. */
export function companyPage(company: Company): Markup {
  return emberPage(
    `${company.name}: Overview | LinkedIn`,
    "d_flagship3_company",
    html`<section><h1>${company.name}</h1><p>${company.tagline}</p>
<p>${company.industry} · ${place(company)} · ${followers(company)} · ${range(company)} employees</p>
<a href="/company/${company.slug}/about/">About</a></section>
<section><h2>Overview</h2><p>${company.description}</p></section>
<section><h2>Pages people also viewed</h2>${similarPages}</section>`,
    [
      bprGuid(4101, {
        data: { $type: "com.linkedin.voyager.common.Me", "*miniProfile": "urn:li:fs_miniProfile:viewer" },
        included: [
          { firstName: viewer.name.split(" ")[0], publicIdentifier: viewer.slug, occupation: viewer.headline },
        ],
      }),
      bprGuid(4102, organizationResponse(company)),
      html`<div class="grecaptcha-badge"><iframe title="reCAPTCHA"></iframe></div>`,
    ],
  )
}

/** The About tab: pairs of `dt` and `dd` without hooks; the size has a second `dd`. */
export function companyAboutPage(company: Company): Markup {
  return emberPage(
    `${company.name}: About | LinkedIn`,
    "d_flagship3_company_about",
    html`<section><h1>${company.name}</h1><p>${company.tagline}</p></section>
<section><h2>Overview</h2><p>${company.description}</p>
<dl>
<dt>Website</dt><dd><a href="${website(company)}">${website(company)}</a></dd>
<dt>Industry</dt><dd>${company.industry}</dd>
<dt>Company size</dt><dd>${range(company)} employees</dd><dd>${company.members} associated members</dd>
<dt>Headquarters</dt><dd>${place(company)}</dd>
<dt>Founded</dt><dd>${company.founded}</dd>
</dl></section>`,
  )
}

/** A company's page as the public sees it, with JSON-LD whose number of employees is the one of members. */
export function guestCompanyPage(company: Company): Markup {
  const { address } = company
  return html`<html lang="en">
<head>
<meta charset="utf-8">
<title>${company.name} | LinkedIn</title>
<meta name="pageKey" content="d_org_guest_company_overview">
<script type="application/ld+json">${json({
    "@context": "http://schema.org",
    "@type": "Organization",
    name: company.name,
    url: `https://www.linkedin.com/company/${company.slug}`,
    sameAs: website(company),
    address: {
      type: "PostalAddress",
      streetAddress: address.street,
      addressLocality: address.city,
      addressRegion: address.region,
      postalCode: address.code,
      addressCountry: address.countryCode,
    },
    numberOfEmployees: { value: company.members, "@type": "QuantitativeValue" },
    description: company.description,
    slogan: company.tagline,
  })}</script>
</head>
<body>
<header><a href="/">LinkedIn</a> <a href="/login">Sign in</a></header>
<main class="main" id="main-content">
<section class="top-card-layout"><h1 class="top-card-layout__title">${company.name}</h1>
<h2 class="top-card-layout__headline">${company.industry}</h2>
<h3 class="top-card-layout__first-subline">${place(company)} <span>${followers(company)}</span></h3>
<h4 class="top-card-layout__second-subline">${company.tagline}</h4></section>
<section data-test-id="about-us"><h2>About us</h2>
<p data-test-id="about-us__description">${company.description}</p>
<dl>
${about("website", "Website", html`<a href="${forwarding(company)}">${website(company)}</a>`)}
${about("industry", "Industry", company.industry)}
${about("size", "Company size", `${range(company)} employees`)}
${about("headquarters", "Headquarters", place(company))}
${about("organizationType", "Type", "Privately Held")}
${about("foundedOn", "Founded", company.founded)}
</dl></section>
<section data-test-id="employees-at"><h2>Employees at ${company.name}</h2>
${some(strangers, 2, company.slug).map(
  ({ slug, name, headline }) => html`<p><a href="/in/${slug}">${name}</a> ${headline}</p>`,
)}</section>
<section data-test-id="updates"><h2>Updates</h2>
<article>We are at the fair in hall four. Come and say hello.</article></section>
<section><h2>Similar pages</h2>${similarPages}</section>
</main>
</body>
</html>`
}

const otherCompanies = [
  { slug: "brackenfold", name: "Brackenfold", number: 90499001, websiteUrl: "https://brackenfold.example" },
  {
    slug: "aoba-freight-lines",
    name: "Aoba Freight Lines",
    number: 90499002,
    websiteUrl: "https://aobafreight.example",
  },
]

const similarPages = otherCompanies.map((other) => html`<p><a href="/company/${other.slug}/">${other.name}</a></p>`)

function about(name: string, title: string, value: Content): Markup {
  return html`<div data-test-id="about-us__${name}"><dt>${title}</dt><dd>${value}</dd></div>`
}

/** LinkedIn's own address that forwards to the company's site. */
function forwarding(company: Company): string {
  return `https://www.linkedin.com/redir/redirect?url=${encodeURIComponent(website(company))}&urlhash=replica`
}

function organizationResponse(company: Company): unknown {
  return {
    data: {
      "*elements": [`urn:li:fsd_company:${company.number}`],
      $type: "com.linkedin.restli.common.CollectionResponse",
    },
    meta: {
      microSchema: {
        isGraphQL: false,
        types: {
          company: {
            fields: { name: { type: "string" }, websiteUrl: { type: "string" }, universalName: { type: "string" } },
          },
        },
      },
    },
    included: [
      ...otherCompanies.map((other) => ({
        $type: "com.linkedin.voyager.dash.organization.Company",
        entityUrn: `urn:li:fsd_company:${other.number}`,
        universalName: other.slug,
        name: other.name,
        websiteUrl: other.websiteUrl,
        employeeCountRange: { start: 11, end: 50 },
        "*industryV2Taxonomy": ["urn:li:fsd_industryV2:4"],
      })),
      {
        $type: "com.linkedin.voyager.dash.organization.Company",
        entityUrn: `urn:li:fsd_company:${company.number}`,
        universalName: company.slug,
        name: company.name,
        tagline: company.tagline,
        description: company.description,
        websiteUrl: website(company),
        employeeCount: company.members,
        employeeCountRange: { start: company.size.from, end: company.size.to },
        foundedOn: { year: company.founded },
        headquarter: {
          address: {
            line1: company.address.street,
            city: company.address.city,
            geographicArea: company.address.region,
            postalCode: company.address.code,
            country: company.address.countryCode,
          },
        },
        "*industryV2Taxonomy": [`urn:li:fsd_industryV2:${company.number}`],
      },
      {
        $type: "com.linkedin.voyager.dash.common.IndustryV2",
        entityUrn: "urn:li:fsd_industryV2:4",
        name: "Software Development",
      },
      {
        $type: "com.linkedin.voyager.dash.common.IndustryV2",
        entityUrn: `urn:li:fsd_industryV2:${company.number}`,
        name: company.industry,
      },
    ],
  }
}

function place({ address }: Company): string {
  return `${address.city}, ${address.region}`
}

function followers(company: Company): string {
  return `${company.followers.toLocaleString("en-US")} followers`
}

function website(company: Company): string {
  return `https://${company.domain}/`
}

/** "51-200", "1,001-5,000". */
function range({ size }: Company): string {
  return `${size.from.toLocaleString("en-US")}-${size.to.toLocaleString("en-US")}`
}
