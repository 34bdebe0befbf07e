/** What columns are called, by vendor and by language. Headers stand here as they are compared: lower case, no accents, no numbers. */

export const fieldNames = [
  "name",
  "first_name",
  "middle_name",
  "last_name",
  "title",
  "company",
  "company_domain",
  "email",
  "phone",
  "linkedin_url",
  "company_linkedin_url",
  "company_industry",
  "company_size",
  "x_handle",
  "website",
  "location",
  "city",
  "region",
  "country",
  "status",
  "value",
  "owner",
  "notes",
  "connected_on",
  "do_not_contact",
] as const

export type FieldName = (typeof fieldNames)[number]

export type LeadSource = "linkedin" | "hubspot" | "salesforce" | "apollo" | "google-contacts" | "outlook" | "file"

type Vendor = {
  name: LeadSource
  /** Headers that only this vendor's export has together; any of the sets will do. */
  marks: string[][]
  /** Headers that mean something else here than elsewhere. */
  headers: Record<string, FieldName | "custom">
}

export const sources: Vendor[] = [
  {
    name: "linkedin",
    marks: [["first name", "last name", "company", "position", "connected on"]],
    headers: { url: "linkedin_url" },
  },
  {
    name: "google-contacts",
    marks: [
      ["e mail value"],
      ["given name", "family name", "group membership"],
      ["organization name", "organization title", "labels"],
    ],
    headers: {
      "e mail value": "email",
      "phone value": "phone",
      "website value": "website",
      "organization name": "company",
      "organization title": "title",
      "additional name": "middle_name",
      "address formatted": "location",
      "address city": "city",
      "address region": "region",
      "address country": "country",
      "file as": "custom",
      "name prefix": "custom",
      nickname: "custom",
    },
  },
  {
    name: "apollo",
    marks: [
      ["person linkedin url", "company linkedin url"],
      ["person linkedin url", "email status"],
    ],
    headers: {
      "person linkedin url": "linkedin_url",
      website: "company_domain",
      stage: "status",
      "contact owner": "owner",
      // The company's own, not the person's.
      "twitter url": "custom",
      "corporate phone": "custom",
      "company phone": "custom",
      "company name for emails": "custom",
    },
  },
  {
    name: "outlook",
    marks: [
      ["e mail address", "e mail display name"],
      ["e mail address", "business phone"],
    ],
    headers: {
      title: "custom", // A form of address here.
      "web page": "website",
      "business city": "city",
      "business state": "region",
      "business country region": "country",
      "assistant s phone": "custom",
      "company main phone": "custom",
    },
  },
  {
    name: "hubspot",
    marks: [
      ["record id", "lifecycle stage"],
      ["record id", "contact owner"],
      ["record id", "lead status"],
      ["hs object id"],
    ],
    headers: {
      "website url": "company_domain",
      "lead status": "status",
      "contact owner": "owner",
      "twitter username": "x_handle",
      "unsubscribed from all email": "do_not_contact",
    },
  },
  {
    name: "salesforce",
    marks: [
      ["lead owner", "lead status"],
      ["lead status", "lead source"],
      ["lead owner", "lead source"],
      ["lead source", "account name"],
      ["account name", "contact owner"],
      ["last name", "is converted"],
      ["company account"],
    ],
    headers: {
      website: "company_domain",
      description: "notes",
      "lead owner": "owner",
      "contact owner": "owner",
      "account owner": "custom",
      "owner id": "custom",
      "name of account": "company",
      "mailing city": "city",
      "mailing state province": "region",
      "mailing country": "country",
      "state province": "region",
    },
  },
]

/** Within a field the better names come first. */
const names: Record<FieldName, string> = {
  name: `full name, name, contact name, lead name, display name, person name, nombre completo, nome completo, nom complet,
    vollstandiger name, kontaktname, ansprechpartner, contact, person, nom et prenom, nombre y apellidos, nombre, nome, nom`,
  first_name:
    "first name, firstname, given name, forename, first, fname, vorname, rufname, prenom, primer nombre, nome proprio, primeiro nome",
  middle_name: "middle name, middlename, second name, zweiter vorname, deuxieme prenom, segundo nombre, nome do meio",
  last_name: `last name, lastname, surname, family name, last, lname, nachname, familienname, nom de famille, apellido, apellidos,
    primer apellido, sobrenome, apelido, ultimo nome`,
  title: `job title, jobtitle, position, title, role, job, occupation, job position, stellenbezeichnung, berufsbezeichnung, funktion, beruf,
    rolle, poste, fonction, intitule du poste, titre, cargo, puesto, puesto de trabajo, funcao, titulo, profissao`,
  company: `company name, company, companyname, organization, organisation, organization name, account name, employer, company account,
    account, business name, firma, firmenname, unternehmen, unternehmensname, organisation name, entreprise, societe, raison sociale,
    nom de l entreprise, nom de la societe, empresa, compania, nombre de la empresa, nome da empresa, organizacion, organizacao, azienda,
    associated company`,
  company_domain: `company domain, company domain name, domain, domain name, company website, company url, account website, organization website,
    unternehmenswebsite, firmenwebsite, site de l entreprise, sitio web de la empresa, site da empresa, dominio`,
  email: `email, email address, e mail, e mail address, mail, primary email, work email, business email, personal email, secondary email,
    other email, email work, email home, emails, additional email addresses, mail address, e mail adresse, email adresse, mailadresse,
    adresse e mail, adresse email, adresse mail, courriel, adresse electronique, correo, correo electronico, direccion de correo electronico,
    endereco de email, endereco de e mail, correio eletronico, tertiary email`,
  phone: `mobile phone, mobile, mobile phone number, cell phone, cell, phone, phone number, telephone, telephone number, tel,
    work phone, business phone, direct phone, work direct phone, direct dial, home phone, other phone, primary phone, phones, whatsapp,
    telefon, telefonnummer, mobiltelefon, mobil, handy, handynummer, rufnummer, portable, numero de telephone, telephone portable,
    telefono, numero de telefono, movil, telefono movil, celular, telefone, numero de telefone, telemovel`,
  linkedin_url: `linkedin url, linkedin, linkedin profile, linkedin profile url, person linkedin url, person linkedin, linkedin link,
    linkedin address, profile url, contact linkedin url, linkedin profil, profil linkedin, perfil de linkedin, perfil do linkedin, linked in,
    hs linkedin url, li url, linkedin bio`,
  company_linkedin_url: `company linkedin url, company linkedin, linkedin company page, linkedin company url, organization linkedin url,
    company linkedin profile, account linkedin url, company linkedin link`,
  company_industry: `industry, company industry, account industry, organization industry, industry name, sector, business sector, branche,
    industrie, wirtschaftszweig, secteur, secteur d activite, industria, sector empresarial, setor, ramo de atividade, settore`,
  company_size: `company size, number of employees, no of employees, num employees, employees, employee count, company employee count, headcount,
    company headcount, employee range, staff count, organization num employees, organization size, account size, unternehmensgrosse,
    mitarbeiter, mitarbeiterzahl, anzahl mitarbeiter, anzahl der mitarbeiter, firmengrosse, effectif, effectifs, nombre d employes,
    taille de l entreprise, numero de empleados, empleados, tamano de la empresa, numero de funcionarios, tamanho da empresa, dipendenti`,
  x_handle: `x handle, x, x twitter, twitter handle, twitter username, twitter, x username, x url, twitter url, x profile, twitter profile,
    x account, twitter account, twitterhandle`,
  website: `website, web site, website url, web page, webpage, homepage, url, web, web address, personal website, internetseite, webseite,
    site web, site internet, sitio web, pagina web, site, blog`,
  location:
    "location, address formatted, place, full address, standort, ort, lieu, localisation, ubicacion, localizacao, localidade, based in",
  city: "city, town, stadt, wohnort, ville, ciudad, cidade",
  region:
    "state, region, state region, state province, province, county, bundesland, kanton, etat, departement, provincia, estado",
  country: "country, country region, nation, country name, land, pays, pais",
  status:
    "status, lead status, stage, lead stage, sales stage, pipeline stage, deal stage, phase, statut, estado del lead, situacao, etapa",
  value: `value, deal value, amount, deal amount, lead value, potential, potential value, opportunity value, wert, betrag, auftragswert,
    valeur, montant, valor, importe, monto`,
  owner: `owner, lead owner, contact owner, assigned to, assignee, sales rep, account executive, account owner, besitzer, zustandig,
    verantwortlich, kontaktinhaber, proprietaire, responsable, propietario, proprietario, responsavel`,
  notes:
    "notes, note, comment, comments, remarks, notizen, notiz, bemerkung, bemerkungen, kommentar, remarques, commentaire, commentaires, notas, comentarios, observaciones, observacoes",
  connected_on:
    "connected on, connected at, connection date, verbunden am, vernetzt am, date de connexion, fecha de conexion, data de conexao",
  do_not_contact: `do not contact, email opt out, opted out, opt out, opted out of email, do not call, do not email, unsubscribed,
    unsubscribed from all email, has opted out of email, dnc, nicht kontaktieren, ne pas contacter, no contactar`,
}

/** Which field a header names, and how far down its list. */
export const headerNames: Map<string, { field: FieldName; rank: number }> = new Map(
  fieldNames.flatMap((field) =>
    names[field]
      .split(/,\s+/)
      .map((name, rank): [string, { field: FieldName; rank: number }] => [name, { field, rank }]),
  ),
)

/** Whether a header speaks of somebody or something else than the lead, so that an address below it is not the lead's. */
export function isForeign(key: string): boolean {
  return /\b(?:owner|manager|assistant|s?dr|rep|created|modified|updated|referred|referrer|recruiter|sender|account|company|corporate|organization|parent|spouse|besitzer|erstellt|firma|reports to|supervisor|introduced)\b/.test(
    key,
  )
}
