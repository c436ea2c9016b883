import type { LexiconData } from './lexicon-data.ts';

/** German; umlauts are matched as their base letter. */
export const GERMAN: LexiconData = {
	language: 'de',
	linkWords: 'für im von mit aus auf bei beim zur zum über zwischen ohne wenn weil nach vor als damit dass',
	lightWords: 'kannst konntest mochte brauche mein meine diese dieser diesen',
	fillerWords:
		'der die das den dem des ein eine einen einem einer diese diesen dieses dieser mein meine meinen bitte mal kannst könntest ich möchte brauche unsere unseren uns mir',
	features: `
type:architecture|3|architektur,*architektur,systementwurf,datenmodell,datenbankschema,systemdesign
type:architecture|1.4|entwirf,entwerfe,entwerfen,entwurf,skalierbar*,microservice*,monolith*,infrastruktur
type:planning|3|*plan,fahrplan,meilenstein*,zeitplan,priorisier*,reiseplan,planung
type:planning|1|quartal,strategie,schritte,phasen,ziele,vorgehen
type:code-generation|2.4|implementier*,schreib* ~ funktion,schreib* ~ skript,schreib* ~ programm,schreib* ~ klasse,schreib* ~ abfrage,schreib* ~ methode,erstell* ~ komponente,programmier*,entwickle,entwickeln,baue,füge ~ hinzu,generier* ~ code,schreib* ~ code
type:code-generation|0.9|erstelle,erstellen,erzeuge,funktion,endpunkt,komponente,skript,knopf,formular,*endpunkt
type:code-review|3.2|überprüf* ~ code,überprüf* ~ pull,prüf* ~ code,schwachstelle*,sicherheitsprüfung,sicherheitsaudit,begutacht*,sicherheitslücke*,sicherheitsüberprüfung
type:code-review|2|überprüf*,prüfe,prüfen,durchsicht,durchsehen
type:debugging|3|beheb* ~ fehler,fehlersuche,debugge,funktioniert nicht,stürzt,absturz,abstürz*,schlägt fehl,schlagen fehl,hängt,speicherleck,ausnahme,geht nicht,fehlermeldung,behebe,beheben,repariere,reparier*,korrigiere ~ fehler
type:debugging|1.6|fehler,*fehler,warum,korrigier*,kaputt,löse
type:refactoring|3.4|refaktor*,refactor*,doppelten code,aufräumen,räume ~ auf,umstrukturier*,lesbarer,technische schulden,duplizierten code,auslagern,lagere ~ aus
type:refactoring|2|vereinfach*,optimier*,migrier*,umbau*,teile ~ auf
type:testing|3.6|testfälle,testabdeckung,schreib* ~ tests,integrationstest*,modultest*,komponententest*,lasttest*,ergänze ~ tests
type:testing|1.8|testen
type:documentation|3.2|dokumentation,dokumentier*,kommentare,anleitung,handbuch,änderungsprotokoll,versionshinweise,leitfaden
type:documentation|1.6|kommentier*,*dokumentation
type:analysis|3|analysier*,vergleiche,vergleichen,fasse ~ zusammen,zusammenfassung,bewerte,bewerten,engpass,*engpässe,vor und nachteile,untersuch*,recherchier*
type:analysis|1|daten,bericht,leistung,auswirkung*
type:creative|3.2|gedicht,geschichte,kurzgeschichte,lied,liedtext,witz,brainstorm*,erfinde,stell ~ vor,märchen,ideen ~ für,namen ~ für,kreativ*
type:creative|1.2|ideen,lustig*,witzig*,nachricht
type:factual|2.6|was ist,was sind,wer ist,wer war,wer hat,wann,wo ist,wo liegt,wie viele,was bedeutet,hauptstadt,unterschied zwischen,definiere,welche,welcher,erkläre was,wie heißt
type:coordination|3|koordinier*,delegier*,orchestrier*,agenten,zuweisen,weise ~ zu,verteile ~ aufgaben,abstimmen
type:simple-task|3|übersetz*,umbenennen,benenne ~ um,hallo,danke,guten morgen,sortiere ~ liste,tippfehler,formatier*,rechne ~ um,wandle ~ um,großbuchstaben
type:simple-task|1.2|entferne,lösche,ändere,sortiere
type:simple-task|-1.2|zwei listen
complexity|1.5|komplex*,umfassend*,verteilt*,skalierbar*,microservice*,nebenläufig*,echtzeit,von grund auf,gesamte,gesamten
complexity|0.8|*architektur,algorithmus,detailliert*,optimier*,refaktor*,sicherheit*,gründlich*
complexity|0.4|authentifizierung,datenbank*,leistung*,anmeldung,zahlung*,dienst
complexity|-1.5|einfach*,schnell*,klein*,kurz,tippfehler,umbenennen,simpel
critical|2|kritisch*,sicherheitsaudit,datenleck,unternehmenskritisch*,ausfall
critical|1.2|produktion,produktionssystem,produktiv*
urgency|1|dringend,sofort,eilig,umgehend
urgency|-1|keine eile,wenn zeit
code|1|funktion,funktionen,*funktionen,klasse,datenbank*,skript,endpunkt,*endpunkt,quellcode
creativity|1|kreativ*,gedicht,geschichte,erfinde
thinking|1.5|schritt für schritt,denk gründlich,beweise,überlege genau
multi-step|1.5|zuerst,danach,anschließend,schließlich,schritt für schritt,schrittweise
iterative|2|iteriere,wiederhole,bis ~ funktioniert,nach und nach
follow-up|1.5|weiter,mach weiter,ja,dasselbe,noch einmal,nochmal
type:debugging|2.4|bleibt ~ leer,leer,startet nicht,lädt nicht,kompiliert nicht,reagiert nicht,geht nicht mehr
type:code-generation|1.8|der ~ postet
type:analysis|2.6|ist besser,welche ~ besser,besser und warum,lohnt
type:refactoring|2.2|verschiebe,zerlege,trenne
type:testing|2.6|füge tests,tests ~ hinzu
type:documentation|2.6|installationsschritt*
type:creative|2.8|denk ~ aus,fünf namen,namen
type:factual|2.4|wie hoch,wie groß,wie alt,wie funktioniert
type:debugging|2.4|antwortet nicht,nicht mehr,keine verbindung,kann nicht,antwortet ~ nicht mehr,bricht ab
type:refactoring|3|aufteilen,kleinere klassen,kleinere funktionen,ausgliedern
type:code-generation|1.6|erstelle ~ skript`,
};
