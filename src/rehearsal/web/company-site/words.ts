import type { SiteLanguage } from "../company.ts"

type Words = {
  home: string
  about: string
  team: string
  contact: string
  careers: string
  phone: string
  noOpenings: string
}

/** What stands on a company's own site around its texts. */
export const words: Record<SiteLanguage, Words> = {
  en: {
    home: "Home",
    about: "About",
    team: "Team",
    contact: "Contact",
    careers: "Careers",
    phone: "Phone",
    noOpenings: "No openings at the moment.",
  },
  de: {
    home: "Start",
    about: "Über uns",
    team: "Team",
    contact: "Kontakt",
    careers: "Karriere",
    phone: "Telefon",
    noOpenings: "Zurzeit keine offenen Stellen.",
  },
  ja: {
    home: "ホーム",
    about: "会社概要",
    team: "メンバー",
    contact: "お問い合わせ",
    careers: "採用情報",
    phone: "電話",
    noOpenings: "現在募集はありません。",
  },
  ar: {
    home: "الرئيسية",
    about: "من نحن",
    team: "الفريق",
    contact: "اتصل بنا",
    careers: "الوظائف",
    phone: "هاتف",
    noOpenings: "لا توجد وظائف شاغرة حاليًا.",
  },
  pl: {
    home: "Start",
    about: "O nas",
    team: "Zespół",
    contact: "Kontakt",
    careers: "Kariera",
    phone: "Telefon",
    noOpenings: "Obecnie nie szukamy nikogo.",
  },
  pt: {
    home: "Início",
    about: "Sobre",
    team: "Time",
    contact: "Contato",
    careers: "Vagas",
    phone: "Telefone",
    noOpenings: "Nenhuma vaga no momento.",
  },
  es: {
    home: "Inicio",
    about: "Nosotros",
    team: "Equipo",
    contact: "Contacto",
    careers: "Empleo",
    phone: "Teléfono",
    noOpenings: "Sin vacantes por ahora.",
  },
  fr: {
    home: "Accueil",
    about: "La maison",
    team: "L'équipe",
    contact: "Contact",
    careers: "Recrutement",
    phone: "Téléphone",
    noOpenings: "Pas de poste ouvert en ce moment.",
  },
}
