import type { LexiconData } from './lexicon-data.ts';

/** French; accents are ignored when matching, and elided articles (`l'`, `d'`) are dropped. */
export const FRENCH: LexiconData = {
	language: 'fr',
	linkWords: 'pour dans avec sur entre sans quand avant apres du des',
	lightWords: 'peux pourrais veux voudrais mon ma mes ce cette',
	fillerWords: 'le les une mon ma mes ce cette ces notre nos veux voudrais peux pourrais moi il te plait',
	features: `
type:architecture|3|modele de donnees,conception du systeme,architecture logicielle
type:architecture|1.6|concois,concevoir,conception,evolutive
type:planning|3|feuille de route,planifi*,calendrier,jalons,itineraire,priorise*
type:planning|1|trimestre*,etapes,elabore*,objectifs
type:code-generation|2.4|implemente*,ecri* ~ fonction,ecri* ~ script,ecri* ~ programme,ecri* ~ requete,ecri* ~ code,cree* ~ composant,cree* ~ fonction,developpe*,ajoute* ~ bouton,ajoute* ~ fonctionnalite,genere* ~ code
type:code-generation|0.9|cree,creer,ajoute,ajouter,fonction,composant,bouton,formulaire
type:code-review|3.2|revue de code,relis,relire,failles,vulnerabilites,audite*,verifie ~ code
type:debugging|3|corrige ~ bug,corrige ~ erreur,debogue*,ne fonctionne pas,ne marche pas,plante,fuite memoire,repare*,resous
type:debugging|1.6|erreur,corriger,pourquoi
type:refactoring|3.4|refactorise*,code duplique,nettoie*,restructure*,plus lisible,dette technique
type:refactoring|2|simplifie*,optimise*,migre*,extrais
type:testing|3.6|tests unitaires,tests integration,cas de test,couverture,ecri* ~ tests,ajoute* ~ tests
type:documentation|3.2|documente*,notes de version,manuel,redige* ~ documentation,commentaires
type:analysis|3|analyse*,compare*,resume*,evalue*,goulot,avantages et inconvenients,etudie*
type:creative|3.2|histoire,conte,chanson,idees de,blague,imagine*,invente*,remue meninges
type:factual|2.6|quelle est,quel est,quels sont,quelles sont,qui est,quand,combien,ou se trouve,que signifie,difference entre,definis,est ce que
type:coordination|3|coordonne*,delegue*,orchestre*,equipes,repartis,en parallele
type:simple-task|3|tradui*,renomme*,bonjour,merci,trie ~ liste,convertis,majuscules,faute de frappe
type:simple-task|1.2|supprime,enleve,trie
complexity|1.5|complete,distribue*,evolutive,grande echelle,temps reel,zero
complexity|0.8|detaille*,optimise*,refactorise*,securite
complexity|0.4|authentification,base de donnees,paiement
complexity|-1.5|rapide,petit,renomme,court,bref
critical|2|critique,audit de securite,fuite de donnees
critical|1.2|en production
urgency|1|urgence,immediatement,tout de suite
code|1|fonction,base de donnees,requete,composant,depot
creativity|1|histoire
multi-step|1.5|ensuite,puis,enfin,etape par etape,d'abord
iterative|2|itere*,jusqu'a,repete,peu a peu
follow-up|1.5|vas y,oui,pareil,encore une fois,la meme chose,autre
type:debugging|2.4|reste blanche,page blanche,ne demarre pas,ne charge pas,ne compile pas,ne repond pas
type:analysis|2.6|est meilleur,meilleure,vaut il la peine
type:debugging|2.6|ne repond,ne fonctionne,ne marche,ne demarre,impossible de
type:code-generation|1.8|script qui,fonction qui
type:refactoring|2.6|divise*,decoupe*,plus petites`,
};
