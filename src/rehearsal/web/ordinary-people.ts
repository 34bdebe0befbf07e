import type { Person } from "./person.ts"

export const ordinaryPeople: Person[] = [
  {
    slug: "isla-drummond-rae",
    name: "Isla Drummond-Rae",
    pronouns: "She/Her",
    headline: "CTO at Tidewright | teaching computers to read tide tables",
    location: "Aberdeen, Scotland, United Kingdom",
    about:
      "I grew up on a harbour wall and learnt to count on tide tables. At Tidewright I lead forty engineers who turn sonar, buoys and a lot of salt water into forecasts that grid operators can sign for.\n\nAsk me about error bars. Nobody ever does.",
    followers: 3187,
    roles: [
      {
        title: "Chief Technology Officer",
        company: "tidewright-energy",
        from: "2021-03",
        place: "Aberdeen, Scotland, United Kingdom",
        text: "Took the forecast from one turbine to 41 sites, and the error from nine per cent to three.",
      },
      {
        title: "Senior Oceanographer",
        company: "Northern Soundings Institute",
        from: "2014-09",
        to: "2021-02",
        place: "Stromness, Scotland, United Kingdom",
      },
    ],
    schools: [{ school: "Skerry College of the Sea", degree: "PhD, Physical Oceanography", from: 2010, to: 2014 }],
    skills: ["Oceanography", "Forecasting", "Team Leadership"],
    posts: [
      {
        at: "2026-09-21T07:42:00Z",
        text: "Equinox tides this week. If your forecast survives these, it survives a board meeting.",
      },
      { at: "2026-06-03T16:05:00Z", text: "We are hiring a hydrodynamics engineer. Sea legs optional, honesty not." },
    ],
    x: {
      handle: "isla_slackwater",
      bio: "CTO @tidewright. Tides, error bars, wet dogs 🌊",
      location: "Aberdeen",
      followers: 12438,
      following: 611,
      joined: "2012-05",
      posts: [
        { at: "2026-11-09T08:12:00Z", text: "Slack water lasts eleven minutes. So does our stand-up. Coincidence? 🌊" },
        { at: "2026-10-30T19:20:00Z", text: "The buoy off Stroma sent us 4,000 readings and one seal selfie." },
        { at: "2025-01-14T09:00:00Z", text: "Thread: how we forecast a turbine we have never seen." },
      ],
      schema: true,
    },
  },
  {
    slug: "tobias-gruenwedel",
    name: "Tobias Grünwedel",
    headline: "Vertriebsleiter DACH bei Loomwerk – Stillstand ist mein Feind",
    location: "Chemnitz, Sachsen, Deutschland",
    about:
      "Ich verkaufe Sensoren an Menschen, die seit dreißig Jahren am Klang hören, was ihrer Maschine fehlt. Das geht nur, wenn man zuerst zuhört.\n\nVorher habe ich selbst acht Jahre Schicht gearbeitet. Wer mir erzählt, dass nachts alles ruhig läuft, bekommt einen Kaffee und eine zweite Frage.",
    followers: 1422,
    roles: [
      {
        title: "Vertriebsleiter DACH",
        company: "loomwerk",
        from: "2019-05",
        place: "Chemnitz, Sachsen, Deutschland",
        text: "Elf Leute, drei Länder, 412 Webereien.",
      },
      {
        title: "Schichtmeister",
        company: "Weberei Sonnleite",
        from: "2011-08",
        to: "2019-04",
        place: "Plauen, Sachsen",
      },
    ],
    schools: [{ school: "Fachschule Vogtland", degree: "Techniker, Textiltechnik", from: 2008, to: 2011 }],
    skills: ["Vertrieb", "Textilmaschinen", "Verhandlungsführung"],
    posts: [
      {
        at: "2026-10-12T06:30:00Z",
        text: "Heute in Bursa: eine Maschine von 1987, die noch läuft wie am ersten Tag. Ihr Lager hat uns trotzdem etwas erzählt.",
      },
    ],
    x: {
      handle: "gruenwedel_t",
      bio: "Vertrieb @ Loomwerk. Früher Schicht, heute Autobahn.",
      location: "Chemnitz",
      followers: 418,
      following: 390,
      joined: "2016-11",
      posts: [
        { at: "2026-11-02T17:45:00Z", text: "Raststätte Hirschberg, dritter Kaffee, zweiter Auftrag." },
        { at: "2026-08-19T05:50:00Z", text: "Wer um sechs anfängt, hat um sieben schon etwas zu erzählen." },
      ],
      schema: false,
    },
  },
  {
    slug: "amara-oduya-mensah",
    name: "Amara Oduya-Mensah",
    pronouns: "She/Her",
    headline: "Co-founder & COO, Osudoku Freight. Fewer empty trucks.",
    location: "Tema, Greater Accra Region, Ghana",
    about:
      "An empty truck burns the same diesel as a full one. I could not stop thinking about that sentence, so I left my bank and started Osudoku Freight with two drivers and a cousin.\n\nI answer messages on Sunday evenings. All of them.",
    followers: 15230,
    roles: [
      {
        title: "Co-founder & COO",
        company: "osudoku-freight",
        from: "2019-02",
        place: "Tema, Ghana",
        text: "Operations in five countries, 2,300 drivers, and one rule: the driver is paid first.",
      },
      {
        title: "Trade Finance Manager",
        company: "Volta Coast Bank",
        from: "2012-07",
        to: "2019-01",
        place: "Accra, Ghana",
      },
    ],
    schools: [{ school: "Akwaaba Business School", degree: "MBA", from: 2016, to: 2018 }],
    skills: ["Operations", "Trade Finance", "Logistics"],
    posts: [
      {
        at: "2026-11-08T18:10:00Z",
        text: "Paga border, 03:40. Papers done at night, eleven trucks through before breakfast. This is the whole company in one picture.",
      },
      {
        at: "2026-07-15T09:00:00Z",
        text: "Three years ago we lost a load of tomatoes to a closed gate. We now call every gate.",
      },
    ],
    x: {
      handle: "amara_hauls",
      bio: "COO @osudokufreight 🚚 Sunday evenings I answer everything.",
      location: "Tema, Ghana",
      followers: 48210,
      following: 902,
      joined: "2010-04",
      posts: [
        { at: "2026-11-15T20:02:00Z", text: "Sunday evening. Ask me anything about freight 🚚" },
        {
          at: "2026-11-11T06:15:00Z",
          text: "A driver sent us a photo of his daughter's school report. Best dashboard we have.",
        },
        { at: "2024-02-01T08:00:00Z", text: "We started with eleven trucks. This is what I would tell myself." },
      ],
      schema: true,
    },
  },
  {
    slug: "rafael-tavares-do-monte",
    name: "Rafael Tavares do Monte",
    headline: "Head of Product na Mandacaru Pagamentos",
    location: "Recife, Pernambuco, Brasil",
    about:
      "Faço produto na feira, não no escritório. Toda quarta-feira passo a manhã numa barraca de macaxeira com a maquininha na mão e o caderno no bolso.\n\nSe o botão precisa de explicação, o botão está errado.",
    followers: 6904,
    roles: [
      {
        title: "Head of Product",
        company: "mandacaru-pagamentos",
        from: "2022-01",
        place: "Recife, Pernambuco, Brasil",
        text: "Responsável pela Cacto e pela Caderneta, do primeiro rabisco à assistência técnica.",
      },
      {
        title: "Gerente de Produto",
        company: "Jangada Telecom",
        from: "2017-03",
        to: "2021-12",
        place: "Fortaleza, Ceará, Brasil",
      },
    ],
    schools: [{ school: "Faculdade Capibaribe", degree: "Design", from: 2009, to: 2013 }],
    skills: ["Gestão de Produto", "Pesquisa com Usuários", "Pagamentos"],
    posts: [
      {
        at: "2026-10-28T12:20:00Z",
        text: "Dona Zefa testou a versão nova em quatro minutos. Achou três defeitos. Todos reais.",
      },
    ],
    x: {
      handle: "rafadomonte",
      bio: "Produto na @mandacarupag. Feira, café coado e botão grande ☕",
      location: "Recife",
      followers: 2310,
      following: 745,
      joined: "2011-09",
      posts: [
        {
          at: "2026-11-12T10:44:00Z",
          text: "Teste de hoje: maquininha debaixo de chuva, com a mão suja de peixe. Passou. ☕",
        },
        { at: "2026-10-07T14:03:00Z", text: "Ninguém lê manual em pé." },
      ],
      schema: true,
    },
  },
  {
    slug: "zofia-brzezinska-lis",
    name: "Zofia Brzezińska-Lis",
    headline: "Prezeska zarządu, Bursztyn Analytics",
    location: "Gdańsk, pomorskie, Polska",
    about:
      "Moja babcia prowadziła sklep i wiedziała, kto co kupi, zanim wszedł. Ja potrzebuję do tego czterech milionów paragonów.\n\nNie zbieramy nazwisk. Nigdy. To nie jest dodatek do oferty, tylko jej początek.",
    followers: 2715,
    roles: [
      { title: "Prezeska zarządu", company: "bursztyn-analytics", from: "2018-10", place: "Gdańsk, Polska" },
      {
        title: "Dyrektorka ds. analiz",
        company: "Sieć Sklepów Żabi Kruk",
        from: "2013-01",
        to: "2018-09",
        place: "Gdynia, Polska",
      },
    ],
    schools: [{ school: "Wyższa Szkoła Statystyki w Oliwie", degree: "Magister, statystyka", from: 2005, to: 2010 }],
    skills: ["Statystyka", "Handel detaliczny", "Ochrona danych"],
    posts: [
      {
        at: "2026-09-02T08:00:00Z",
        text: "Wrzesień: zeszyty, jabłka i nagły wzrost sprzedaży plastrów. Co roku to samo.",
      },
    ],
    x: {
      handle: "zofia_paragon",
      bio: "Czytam paragony. Prezeska @ Bursztyn Analytics.",
      location: "Gdańsk",
      followers: 5120,
      following: 288,
      joined: "2013-03",
      posts: [
        { at: "2026-11-10T07:30:00Z", text: "Deszcz w sobotę to plus 14% na drożdżach. Ludzie pieką." },
        { at: "2026-10-19T18:12:00Z", text: "Najczęstsza para w koszyku w październiku: dynia i wyrzuty sumienia." },
      ],
      schema: false,
    },
  },
  {
    slug: "neha-kulkarni-deo",
    name: "Neha Kulkarni-Deo",
    headline: "VP Engineering @ Kesari Ledger · boring software for brave exporters",
    location: "Pune, Maharashtra, India",
    about:
      "Ninety engineers, eleven currencies, zero heroics. I like systems that are so boring you forget who is on call.\n\nOutside work: trekking forts in the Sahyadris, and a losing battle with a curry-leaf plant.",
    followers: 8840,
    roles: [
      {
        title: "VP Engineering",
        company: "kesari-ledger",
        from: "2020-08",
        place: "Pune, Maharashtra, India",
        text: "Ledger core, tax filing and the migration that nobody noticed, which was the point.",
      },
      {
        title: "Engineering Manager",
        company: "Banyan Rail Systems",
        from: "2013-06",
        to: "2020-07",
        place: "Hyderabad, Telangana, India",
      },
    ],
    schools: [{ school: "Deccan Institute of Computing", degree: "BE, Computer Engineering", from: 2004, to: 2008 }],
    skills: ["Distributed Systems", "Engineering Management", "Accounting Systems"],
    posts: [
      {
        at: "2026-10-20T05:15:00Z",
        text: "Our longest incident this quarter was 7 minutes. Our longest post-mortem was 3 hours. Correct ratio.",
      },
    ],
    x: {
      handle: "nehabuildsdull",
      bio: "VP Eng @kesariledger. I make software dull on purpose.",
      location: "Pune",
      followers: 19660,
      following: 514,
      joined: "2009-12",
      posts: [
        { at: "2026-11-13T04:40:00Z", text: "If the deploy is exciting, you did the exciting part too late." },
        { at: "2026-11-01T16:25:00Z", text: "Rajgad at sunrise. 1,200 steps, no pager." },
        { at: "2025-06-10T10:00:00Z", text: "Hiring backend engineers who enjoy reading the tax code. Both of you." },
      ],
      schema: true,
    },
  },
  {
    slug: "dale-whitcombe",
    name: "Dale Whitcombe",
    headline: "Operations Director, Hollin & Harrow",
    location: "Leeds, England, United Kingdom",
    about:
      "Thirty-one years in cold storage. Started on nights with a pallet truck. I know every dock leveller in nine depots by the noise it makes.\n\nNot on here much. Ring me.",
    followers: 604,
    roles: [
      { title: "Operations Director", company: "hollin-and-harrow", from: "2015-04", place: "Leeds, England" },
      {
        title: "Depot Manager",
        company: "Pennine Frozen Foods",
        from: "1999-02",
        to: "2015-03",
        place: "Huddersfield, England",
      },
    ],
    schools: [{ school: "Aire Valley Technical College", degree: "HNC, Logistics", from: 1993, to: 1995 }],
    skills: ["Cold Chain", "Warehouse Operations"],
    posts: [],
  },
  {
    slug: "ingrid-solbakk",
    name: "Ingrid Solbakk",
    headline: "Founder & CEO, Glødkraft. Steam without smoke.",
    location: "Trondheim, Trøndelag, Norway",
    about:
      "A bakery's oven is the best battery I have ever seen: hot, heavy, and in use when power is cheap. Glødkraft makes that battery for everyone else who needs steam.\n\nSmelter's daughter. I still count in tonnes.",
    followers: 4477,
    roles: [
      { title: "Founder & CEO", company: "glodkraft", from: "2020-01", place: "Trondheim, Norway" },
      {
        title: "Process Engineer",
        company: "Sildvik Smelteverk",
        from: "2013-08",
        to: "2019-12",
        place: "Mo i Rana, Norway",
      },
    ],
    schools: [{ school: "Nidaros Technical University", degree: "MSc, Metallurgy", from: 2008, to: 2013 }],
    skills: ["Thermal Storage", "Metallurgy", "Fundraising"],
    posts: [
      {
        at: "2026-11-05T06:00:00Z",
        text: "04:10 at the bakery. Power price: 0.11 kroner. Steam price: fixed. Cinnamon buns: excellent.",
      },
    ],
    x: {
      handle: "ingridsolbakk",
      bio: "Founder @glodkraft 🔥 Hot steel, cold mornings.",
      location: "Trondheim",
      followers: 7301,
      following: 433,
      joined: "2015-01",
      posts: [
        { at: "2026-11-14T05:05:00Z", text: "Ember no. 50 leaves the bunker today 🔥" },
        {
          at: "2026-09-29T12:00:00Z",
          text: "Explaining to investors that our product is, in essence, a very patient lump of steel.",
        },
      ],
      schema: true,
    },
  },
  {
    slug: "marisol-etcheberry-uc",
    name: "Marisol Etcheberry Uc",
    headline: "Directora de Crecimiento en Luzmaya Solar",
    location: "Mérida, Yucatán, México",
    about:
      "Vendo sol a gente que se levanta antes que él. Mis clientes son molinos, panaderías y talleres; mi mejor argumento es su recibo de luz del mes pasado.\n\nHablo español, maya y un inglés muy valiente.",
    followers: 3956,
    roles: [
      {
        title: "Directora de Crecimiento",
        company: "luzmaya-solar",
        from: "2021-11",
        place: "Mérida, Yucatán, México",
      },
      {
        title: "Coordinadora de Ventas",
        company: "Ferretera del Sureste Xcaret Norte",
        from: "2016-02",
        to: "2021-10",
        place: "Valladolid, Yucatán, México",
      },
    ],
    schools: [{ school: "Instituto Itzá de Negocios", degree: "Licenciatura en Mercadotecnia", from: 2010, to: 2014 }],
    skills: ["Ventas", "Energía solar", "Lengua maya"],
    posts: [
      {
        at: "2026-08-30T13:45:00Z",
        text: "Don Eligio bajó su recibo de 9,400 a 2,100 pesos. Me regaló tortillas para una semana.",
      },
    ],
    x: {
      handle: "marisoldelsol",
      bio: "Crecimiento en @luzmayasolar ☀️ Maya, español, spreadsheets.",
      location: "Mérida, Yucatán",
      followers: 1874,
      following: 1020,
      joined: "2018-07",
      posts: [
        {
          at: "2026-11-03T15:10:00Z",
          text: "Hoy el techo de una tortillería produjo más que su dueño. Él lo dijo, no yo ☀️",
        },
        { at: "2026-10-11T22:30:00Z", text: "In k'áat meyaj yéetel k'iin. Sí, también vendo en maya." },
      ],
      schema: false,
    },
  },
  {
    slug: "kristjan-paju-mets",
    name: "Kristjan Paju-Mets",
    headline: "Chief Information Security Officer, Quillon",
    location: "Tallinn, Harju County, Estonia",
    about:
      "I lock things for a living and leave my own bicycle open. At Quillon I look after the keys of four hundred town halls.\n\nShort version of every talk I have given: count the passwords, then remove one.",
    followers: 5011,
    roles: [
      {
        title: "Chief Information Security Officer",
        company: "quillon-keys",
        from: "2018-02",
        place: "Tallinn, Estonia",
      },
      {
        title: "Incident Responder",
        company: "Baltic Port Authority Union",
        from: "2011-05",
        to: "2018-01",
        place: "Pärnu, Estonia",
      },
    ],
    schools: [{ school: "Emajõe Polytechnic", degree: "MSc, Cyber Security", from: 2009, to: 2011 }],
    skills: ["Information Security", "Incident Response", "Hardware Tokens"],
    posts: [
      {
        at: "2026-10-02T11:00:00Z",
        text: "Audited a hospital today. Found the best password policy yet: a locked drawer, and someone nice with the key.",
      },
    ],
    x: {
      handle: "pajumets",
      bio: "CISO at Quillon. Count the passwords, remove one.",
      location: "Tallinn",
      followers: 9544,
      following: 321,
      joined: "2011-02",
      posts: [
        { at: "2026-11-06T09:33:00Z", text: "The laundry test: 60 degrees, 1,200 spins, still signs in." },
        { at: "2026-10-21T13:08:00Z", text: "No, I will not guess your first pet. That is the point." },
      ],
      schema: true,
    },
  },
  {
    slug: "coralie-vasselin",
    name: "Coralie Vasselin",
    headline: "Fondatrice de Maison Brume",
    location: "Grasse, Provence-Alpes-Côte d'Azur, France",
    about:
      "Je compose des parfums pour les jours où il pleut. Avant, j'étais météorologue, ce qui revient presque au même : on annonce, puis on attend.\n\nPas de démarchage, merci. Une lettre, toujours.",
    followers: 2260,
    roles: [
      { title: "Fondatrice", company: "maison-brume", from: "2021-09", place: "Grasse, France" },
      {
        title: "Météorologue",
        company: "Station du Mont Aigre",
        from: "2012-10",
        to: "2021-08",
        place: "Valleraugue, France",
      },
    ],
    schools: [{ school: "École des Nuages de Nîmes", degree: "Master, météorologie", from: 2007, to: 2012 }],
    skills: ["Parfumerie", "Météorologie", "Commerce en ligne"],
    posts: [
      { at: "2026-11-01T09:20:00Z", text: "Premier brouillard. Nos ventes montent de moitié. Je ne m'en plains pas." },
    ],
  },
  {
    slug: "seo-haeun-dalbit",
    name: "서하은 (Haeun Seo)",
    headline: "Product Design Lead at Kumonoito · 창고의 길을 그립니다",
    location: "Kyoto, Japan",
    about:
      "I draw screens for people who wear gloves. Big numbers, few colours, nothing that blinks.\n\n대전에서 태어나 교토에서 일합니다. 창고 바닥에 앉아 있는 시간이 책상보다 깁니다.",
    followers: 1893,
    roles: [
      { title: "Product Design Lead", company: "kumonoito", from: "2022-06", place: "Kyoto, Japan" },
      {
        title: "Product Designer",
        company: "Noeul Works",
        from: "2017-01",
        to: "2022-04",
        place: "Daejeon, South Korea",
      },
    ],
    schools: [{ school: "Gapcheon School of Design", degree: "BFA, Visual Communication", from: 2012, to: 2016 }],
    skills: ["Interface Design", "User Research"],
    posts: [
      {
        at: "2026-09-18T03:30:00Z",
        text: "Today's finding: the warehouse's best button is a strip of orange tape on the floor.",
      },
    ],
    x: {
      handle: "haeun_draws",
      bio: "design @kumonoito_jp. gloves-on interfaces 🧤",
      location: "京都",
      followers: 3302,
      following: 640,
      joined: "2017-10",
      posts: [
        { at: "2026-11-07T02:11:00Z", text: "장갑을 끼고 눌러 보기 전에는 버튼이 아니다 🧤" },
        { at: "2026-10-15T10:48:00Z", text: "sat four hours next to a conveyor. redesigned one icon. good day." },
      ],
      schema: true,
    },
  },
  {
    slug: "grant-ostergaard-ne",
    name: "Grant Ostergaard",
    headline: "Director of Trading Technology, Tallgrass Grain Exchange",
    location: "Omaha, Nebraska, United States",
    about:
      "Fourth-generation corn, first-generation Kubernetes. I keep the exchange open at 5:30 every morning so that my brother can complain about the bids at 5:31.",
    followers: 1710,
    roles: [
      {
        title: "Director of Trading Technology",
        company: "tallgrass-grain-exchange",
        from: "2017-07",
        place: "Omaha, NE",
      },
      {
        title: "Systems Engineer",
        company: "Platte Valley Telephone Co-op",
        from: "2009-06",
        to: "2017-06",
        place: "Fremont, NE",
      },
    ],
    schools: [{ school: "Sandhills State College", degree: "BS, Agricultural Engineering", from: 2005, to: 2009 }],
    skills: ["Trading Systems", "Site Reliability", "Agronomy"],
    posts: [
      {
        at: "2026-10-08T11:30:00Z",
        text: "Harvest load test, also known as harvest: 2.1 million bids, no page, one very good pie.",
      },
    ],
    x: {
      handle: "grant_at_530",
      bio: "I turn the grain exchange on in the morning. @tallgrassgrain",
      location: "Omaha, NE",
      followers: 986,
      following: 211,
      joined: "2013-08",
      posts: [
        { at: "2026-11-16T11:31:00Z", text: "5:30, open. 5:31, my brother calls about basis." },
        { at: "2026-09-25T20:00:00Z", text: "Combine down, exchange up. Trade-offs." },
      ],
      schema: false,
    },
  },
  {
    slug: "priscilla-nwachukwu-bell",
    name: "Priscilla Nwachukwu-Bell",
    pronouns: "She/Her",
    headline: "Director of Clinical Operations, Pennyroyal Health | RN",
    location: "Portland, Oregon, United States",
    about:
      "Nurse first. Twelve years at a front desk and a bedside taught me that most waiting is made by software. So I went to where the software is.\n\nI read every complaint form. They are the best product documents there are.",
    followers: 3021,
    roles: [
      {
        title: "Director of Clinical Operations",
        company: "pennyroyal-health",
        from: "2020-03",
        place: "Portland, OR",
      },
      {
        title: "Charge Nurse",
        company: "Multnomah Neighbors Clinic",
        from: "2008-05",
        to: "2020-02",
        place: "Portland, OR",
      },
    ],
    schools: [{ school: "Willamette School of Nursing", degree: "BSN", from: 2004, to: 2008 }],
    skills: ["Clinical Operations", "Nursing", "Change Management"],
    posts: [
      {
        at: "2026-10-26T15:00:00Z",
        text: "A clinic in Pocatello went from 52 to 19 minutes of waiting. The receptionist cried. So did I.",
      },
    ],
    x: {
      handle: "nursepriscilla",
      bio: "RN turned ops. The waiting room is a bug 🩺",
      location: "Portland, OR",
      followers: 6610,
      following: 1204,
      joined: "2014-06",
      posts: [
        { at: "2026-11-10T16:20:00Z", text: "Complaint form of the week: 'the chairs know me now' 🩺" },
        { at: "2026-10-03T14:14:00Z", text: "Ask the front desk first. Then ask them again." },
      ],
      schema: true,
    },
  },
  {
    slug: "kofi-asamoah-tetteh",
    name: "Kofi Asamoah-Tetteh",
    headline: "Head of Engineering at Osudoku Freight",
    location: "Accra, Greater Accra Region, Ghana",
    about:
      "Our users have two bars of signal, a cracked screen and no time. If it works for them it works.\n\nElixir by day, highlife guitar by night.",
    followers: 2480,
    roles: [
      { title: "Head of Engineering", company: "osudoku-freight", from: "2021-01", place: "Accra, Ghana" },
      {
        title: "Backend Engineer",
        company: "Kente Mobile Money",
        from: "2015-09",
        to: "2020-12",
        place: "Kumasi, Ghana",
      },
    ],
    schools: [{ school: "Bosomtwe University of Science", degree: "BSc, Computer Science", from: 2010, to: 2014 }],
    skills: ["Elixir", "Offline-first Apps", "Leadership"],
    posts: [
      { at: "2026-09-09T19:00:00Z", text: "We cut our app from 38 MB to 6. A driver in Bolgatanga noticed first." },
    ],
  },
  {
    slug: "beatriz-falcao-nery",
    name: "Beatriz Falcão Nery",
    headline: "CFO na Mandacaru Pagamentos",
    location: "Recife, Pernambuco, Brasil",
    about:
      "Conto centavos, literalmente: nossa transação média é de onze reais. Um erro de arredondamento aqui é o almoço de alguém.",
    followers: 5233,
    roles: [
      { title: "Chief Financial Officer", company: "mandacaru-pagamentos", from: "2023-04", place: "Recife, Brasil" },
      {
        title: "Diretora de Controladoria",
        company: "Usina Canto da Mata",
        from: "2014-01",
        to: "2023-03",
        place: "Maceió, Brasil",
      },
    ],
    schools: [{ school: "Faculdade Capibaribe", degree: "Ciências Contábeis", from: 2003, to: 2007 }],
    skills: ["Finanças", "Controladoria", "Regulação"],
    posts: [
      {
        at: "2026-08-11T10:10:00Z",
        text: "Fechamos o balanço no terceiro dia útil. O bolo era de rolo, o saldo era exato.",
      },
    ],
    x: {
      handle: "bianery",
      bio: "CFO. Centavos importam.",
      location: "Recife",
      followers: 733,
      following: 150,
      joined: "2019-01",
      posts: [{ at: "2026-10-29T11:00:00Z", text: "Arredondar para cima é uma decisão política." }],
      schema: false,
    },
  },
  {
    slug: "lukas-rothenpiel",
    name: "Lukas Rothenpiel",
    headline: "CTO @ Loomwerk · Sensoren, Schwingungen, Schussfäden",
    location: "Chemnitz, Sachsen, Deutschland",
    about:
      "Eine Webmaschine ist ein Musikinstrument mit 800 Takten pro Minute. Ich baue das Ohr dazu.\n\nPromoviert über Lagerschäden, verheiratet mit einer Geigerin. Das eine erklärt das andere.",
    followers: 1204,
    roles: [
      { title: "CTO", company: "loomwerk", from: "2016-10", place: "Chemnitz, Sachsen, Deutschland" },
      {
        title: "Wissenschaftlicher Mitarbeiter",
        company: "Institut für Schwingungslehre Freital",
        from: "2011-04",
        to: "2016-09",
      },
    ],
    schools: [{ school: "Bergakademie Zschopau", degree: "Dr.-Ing., Maschinenbau", from: 2011, to: 2016 }],
    skills: ["Signalverarbeitung", "Embedded Systems", "Maschinenbau"],
    posts: [{ at: "2026-07-02T13:00:00Z", text: "Neue Firmware: 40 % weniger Strom, 100 % weniger Ausreden." }],
  },
  {
    slug: "aoife-tierneagh",
    name: "Aoife Tierneagh",
    headline: "Underwriting Lead at Mossgate Mutual. Boats, mostly.",
    location: "Dublin, County Dublin, Ireland",
    about:
      "I read a lot of sentences that begin with 'it was an ordinary evening until'. I insure small boats and the people who love them more than is sensible.",
    followers: 988,
    roles: [
      { title: "Underwriting Lead", company: "mossgate-mutual", from: "2019-09", place: "Dublin, Ireland" },
      {
        title: "Marine Surveyor",
        company: "Baltimore Harbour Surveys",
        from: "2012-06",
        to: "2019-08",
        place: "Cork, Ireland",
      },
    ],
    schools: [{ school: "Roaringwater College", degree: "BSc, Nautical Science", from: 2008, to: 2012 }],
    skills: ["Underwriting", "Marine Insurance", "Surveying"],
    posts: [{ at: "2026-10-17T17:30:00Z", text: "Claim of the month: 'the swan started it'. Paid in full." }],
    x: {
      handle: "aoife_afloat",
      bio: "Insures small boats. Owns a smaller one ⛵",
      location: "Howth",
      followers: 2045,
      following: 380,
      joined: "2015-05",
      posts: [
        {
          at: "2026-11-04T18:55:00Z",
          text: "Storm names for this winter are out. I have already met three of them in claims ⛵",
        },
        { at: "2026-09-13T12:40:00Z", text: "If your policy needs a glossary, it needs an editor." },
      ],
      schema: true,
    },
  },
  {
    slug: "mateus-lindoso-braga",
    name: "Mateus Lindoso Braga",
    headline: "Gerente Regional na Mandacaru Pagamentos",
    location: "São Luís, Maranhão, Brasil",
    about: "Dois mil quilômetros por mês, de feira em feira. Conheço o preço do camarão em onze cidades.",
    followers: 1487,
    roles: [
      { title: "Gerente Regional", company: "mandacaru-pagamentos", from: "2021-02", place: "São Luís, Brasil" },
      {
        title: "Supervisor de Vendas",
        company: "Distribuidora Lençóis",
        from: "2015-06",
        to: "2021-01",
        place: "Barreirinhas, Brasil",
      },
    ],
    schools: [{ school: "Faculdade Boqueirão", degree: "Administração", from: 2009, to: 2013 }],
    skills: ["Vendas", "Gestão Regional"],
    posts: [
      {
        at: "2026-10-16T11:11:00Z",
        text: "Feira de Pinheiro, 5 da manhã: já tinha fila para trocar a bateria da Cacto.",
      },
    ],
  },
]
