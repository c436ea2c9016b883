import type { LexiconData } from './lexicon-data.ts';

/**
 * What people write when something in production fails at this moment, in the languages that have words of their own here and
 * in those that have none: such a task must not go to a weak model because nobody understood it. Where a text about
 * an incident is to be written, translated or summarized, nothing fails at this moment.
 */
export const INCIDENTS: LexiconData = {
	language: 'incidents',
	linkWords: '',
	lightWords: '',
	fillerWords: '',
	features: `
urgency|1|prod,on fire,fix now,right away,customers ~ cannot,customers ~ can't,users ~ cannot,users ~ can't,nobody can,losing money
urgency|1|produktion steht,kunden konnen nicht,sofort*,en urgence,au plus vite,produccion,de inmediato,producao,imediatamente,subito,immediatamente,produzione
urgency|1|线上,生产环境,生产数据库,生产系统,急,本番,大至急,긴급,급해,급합니다,당장,운영 서버,운영 db,프로덕션
urgency|1|срочно,немедленно,продакшн,прод,عاجل,فورا,الإنتاج,तत्काल,तुरंत,प्रोडक्शन,acil,aci̇l,hemen,pilne,natychmiast,produkcja
urgency|1|in produktion,clients ne peuvent,clients ~ ne peuvent,clientes no pueden,clientes nao conseguem,clienti non riescono,clienti non possono,klienci nie,na produkcji,в проде,на проде,в продакшене,клиенты не могут,пользователи не могут,canlıda,üretim,müşteriler ~ yapamıyor,müşteriler ~ giremiyor
urgency|1|客户无法,用户无法,无法付款,无法支付,お客様 ~ でき,支払いでき,決済でき,결제 ~ 못,결제 ~ 안,로그인 ~ 안,لا يستطيعون,لا يمكنهم,ग्राहक ~ नहीं,भुगतान नहीं
incident|1|is down,are down,went down,corrupting,corrupted,corrupts,data loss,losing data,losing orders,lost orders,on fire,outage,cannot pay,can't pay,cannot log in,cannot check out,crash loop,all requests fail,keeps crashing,breached,leaking data
incident|1|produktion steht,ausgefallen,liegt lahm,nicht bezahlen,nicht erreichbar,beschadig*,zerstort,datenverlust,konnen nicht
incident|1|en panne,corromp*,corrompu*,hors service,perdues,perdus,perte de donnees,inaccessible
incident|1|caido,caida,corrupt*,perdiendo,perdemos,no funciona,no pueden,perdida de datos
incident|1|fora do ar,caiu,falhando,perdendo,nao funciona,nao conseguem
incident|1|fuori servizio,e giu,danneggi*,non funziona,non possono
incident|1|лежит,упал,упала,упало,не работает,не могут,поврежда*,теряем,потеря*
incident|1|损坏,宕机,崩溃,挂了,丢失,无法支付,无法登录,故障,瘫痪,壊れ,障害,落ちて,停止して,消えて,ログインできない,손상,장애,다운,멈췄,유실,안 돼요
incident|1|تتلف,معطل,توقف,لا يعمل,खराब,बंद,क्रैश,bozuyor,coktu,calismiyor,çöktü,nie dziala,padla,padl,uszkadza,tracimy,nie moga
incident|1|verliert,verlieren,perd,perdent,perdons,ne repond plus,ne fonctionne plus,ne peuvent plus,non riescono,non risponde
incident|1|теряет,теряют,теряются,не отвечает,падает,падают,недоступен,недоступна,недоступно,gubi,gubimy,traci,nie działa,nie odpowiada,padła,padł,kaybediyor,kayboluyor,çalışmıyor,yapamıyor,açılmıyor
incident|1|无法付款,付不了款,打不开,失われ,支払いでき,決済でき,결제 ~ 못,결제 ~ 안,사라지,تفقد,متوقف,لا يستطيعون,لا يمكنهم,खो रहा,खो रहे,नहीं चल,भुगतान नहीं
urgency|1|fail ~ everyone,down ~ everyone,broken ~ everyone,fail ~ all users,fail ~ all customers,no one can,nobody is able,whole site,since noon,since this morning,we're losing
urgency|1|niemand kann,personne ne peut,nadie puede,ninguem consegue,nessuno riesce,никто не может,nikt nie może,kimse ~ giremiyor
urgency|1|没有人能,没人能,誰も ~ でき,全員 ~ でき,아무도 ~ 못,لا أحد يستطيع,कोई भी ~ नहीं
incident|1|payment ~ fail,order ~ fail,login ~ fail,checkout ~ fail,nobody can log in,no one can log in,nobody can pay,no one can pay,nobody can check out,no one can check out,nobody can sign in,no one can sign in,site is white,site is blank,charged twice,charged double,double charged
incident|1|niemand kann ~ anmelden,niemand kann ~ einloggen,niemand kann ~ bezahlen,personne ne peut ~ connecter,personne ne peut ~ payer,nadie puede ~ sesion,nadie puede ~ entrar,nadie puede ~ pagar,ninguem consegue ~ entrar,ninguem consegue ~ pagar,nessuno riesce ~ accedere,nessuno riesce ~ pagare,никто не может ~ войти,никто не может ~ оплатить,nikt nie może ~ zalogować,nikt nie może ~ zapłacić,kimse ~ giremiyor
incident|1|没人能登录,没有人能登录,誰もログインでき,ログイン ~ できな,로그인 ~ 못,아무도 ~ 로그인,تسجيل الدخول,लॉग इन ~ नहीं
incident|-2|sure nobody,sure no one,that nobody,that no one,dass niemand,damit niemand,que personne,que nadie,que ninguem,che nessuno,что никто,чтобы никто,że nikt,żeby nikt,aby nikt
incident|-4|translate,translation,summar*,summary of,post mortem,postmortem,status page,status update,incident report,draft ~ email,draft ~ mail,draft ~ announcement,write ~ update,write ~ email,write ~ mail,write ~ announcement,write ~ notice,write ~ report,write ~ story,classify,label ~ ticket,extract ~ from,proofread,rephrase,paraphrase,runbook
incident|-4|übersetz*,zusammenfass*,fasse,statusmeldung,entwirf ~ mail,schreibe ~ mail,bericht,umformulier*,traduis*,traduire,traduction,résum*,résume,rédige*,page de statut,rapport,reformule
incident|-4|traduc*,traduce,traduza,traduz,resum*,resume,resuma,redact*,redacta,redija,informe,página de estado,relatório,traduci,riassumi,scrivi
incident|-4|переведи*,перевод,перескаж*,резюм*,отчёт,отчет,przetłumacz*,streść,streszcz*,raport,çevir*,özetle*,rapor*
incident|-4|翻译,总结,概括,公告,复盘,事后分析,翻訳,要約,報告書,お知らせ,번역,요약,보고서,공지,ترجم,لخص,تقرير,अनुवाद,सारांश
critical|-2|translate,translation,summar*,summary of,post mortem,postmortem,status page,status update,incident report,draft ~ email,draft ~ mail,draft ~ announcement,write ~ update,write ~ email,write ~ mail,write ~ announcement,write ~ notice,write ~ report,write ~ story,classify,label ~ ticket,extract ~ from,proofread,rephrase,paraphrase,runbook
critical|-2|übersetz*,zusammenfass*,fasse,statusmeldung,entwirf ~ mail,schreibe ~ mail,bericht,umformulier*,traduis*,traduire,traduction,résum*,résume,rédige*,page de statut,rapport,reformule
critical|-2|traduc*,traduce,traduza,traduz,resum*,resume,resuma,redact*,redacta,redija,informe,página de estado,relatório,traduci,riassumi,scrivi
critical|-2|переведи*,перевод,перескаж*,резюм*,отчёт,отчет,przetłumacz*,streść,streszcz*,raport,çevir*,özetle*,rapor*
critical|-2|翻译,总结,概括,公告,复盘,事后分析,翻訳,要約,報告書,お知らせ,번역,요약,보고서,공지,ترجم,لخص,تقرير,अनुवाद,सारांश
type:debugging|-2|translate,translation,summar*,summary of,post mortem,postmortem,status page,status update,incident report,draft ~ email,draft ~ mail,draft ~ announcement,write ~ update,write ~ email,write ~ mail,write ~ announcement,write ~ notice,write ~ report,write ~ story,classify,label ~ ticket,extract ~ from,proofread,rephrase,paraphrase,runbook
type:debugging|-2|übersetz*,zusammenfass*,fasse,statusmeldung,entwirf ~ mail,schreibe ~ mail,bericht,umformulier*,traduis*,traduire,traduction,résum*,résume,rédige*,page de statut,rapport,reformule
type:debugging|-2|traduc*,traduce,traduza,traduz,resum*,resume,resuma,redact*,redacta,redija,informe,página de estado,relatório,traduci,riassumi,scrivi
type:debugging|-2|переведи*,перевод,перескаж*,резюм*,отчёт,отчет,przetłumacz*,streść,streszcz*,raport,çevir*,özetle*,rapor*
type:debugging|-2|翻译,总结,概括,公告,复盘,事后分析,翻訳,要約,報告書,お知らせ,번역,요약,보고서,공지,ترجم,لخص,تقرير,अनुवाद,सारांश
urgency|-1|一个用户,某个用户,有个用户,1人のユーザー,一人のユーザー,사용자 한 명,한 사용자
type:analysis|-1|log in
type:debugging|1.6|теряет,не отвечает,падают,недоступен,verliert,gubi,nie działa,nie odpowiada,padła,kaybediyor,çalışmıyor,失われ,تفقد,متوقف,खो रहा
type:debugging|1.6|is down,are down,went down,corrupting,data loss,losing orders,produktion steht,ausgefallen,en panne,corrompu*,caido,caida,fora do ar,fuori servizio,perdendo,лежит,упал,упала,не работает,损坏,宕机,丢失,壊れ,障害,落ちて,손상,장애,다운,멈췄,تتلف,معطل,खराब,क्रैश,bozuyor,nie dziala,padla`,
};
