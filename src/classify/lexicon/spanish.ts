import type { LexiconData } from './lexicon-data.ts';

/** Spanish; accents are ignored when matching. */
export const SPANISH: LexiconData = {
	language: 'es',
	linkWords: 'para en de del con desde sobre por que entre sin cuando donde porque al antes despues',
	lightWords: 'puedes podrias quiero necesito mi mis este esta',
	fillerWords:
		'el la los las un una unos unas mi mis este esta estos estas favor puedes podrias quiero necesito me lo tu su',
	features: `
type:architecture|3|arquitectura,diseño ~ sistema,modelo de datos,diseño de sistemas,esquema de base
type:architecture|1.2|diseña,diseñar,diseño,microservicio,escalable,monolito,infraestructura
type:planning|3|hoja de ruta,plan de,planific*,cronograma,itinerario,hitos,prioriza*
type:planning|1|trimestre,estrategia,pasos,fases,objetivos,organiza ~ semana
type:code-generation|2.4|implement*,escrib* ~ funcion,escrib* ~ script,escrib* ~ programa,escrib* ~ codigo,escrib* ~ consulta,cre* ~ componente,cre* ~ funcion,cre* ~ aplicacion,cre* ~ api,desarroll*,program*,construye,agrega ~ boton,añade ~ boton,genera ~ codigo,escrib* ~ clase
type:code-generation|0.9|crea,crear,añade,añadir,agrega,agregar,genera,generar,funcion,punto de acceso,boton,funcionalidad,formulario
type:code-review|3.2|revisa ~ codigo,revisa ~ pull,revisar ~ codigo,revision de codigo,auditoria,vulnerabilidad,audita,buenas practicas
type:code-review|2.2|revisa,revisar,revise,revision,fusionar
type:debugging|3|corrige ~ error,corregir ~ error,arregl*,depura*,no funciona,falla,fallan,se cae,se bloquea,se cuelga,excepcion,fuga de memoria,soluciona*,error al
type:debugging|1.6|fallo,corrige,corregir,problema,resuelve,resolver
type:refactoring|3.4|refactori*,codigo duplicado,limpia ~ codigo,deuda tecnica,reestructur*,mas legible,extrae
type:refactoring|2|simplifica*,optimiza*,migra,migrar,divide,reorganiza*
type:testing|3.6|pruebas unitarias,pruebas de,casos de prueba,test unitario,cobertura,pruebas de integracion,escrib* ~ pruebas,escrib* ~ tests,añad* ~ pruebas,agreg* ~ pruebas
type:testing|1.8|prueba,probar
type:documentation|3.2|documenta*,comentarios,leeme,guia de,notas de version,registro de cambios
type:documentation|1.6|guia,instrucciones
type:analysis|3|analiz*,analisis,compara,comparar,resume,resumir,evalua,evaluar,cuellos de botella,ventajas y desventajas,pros y contras,investiga
type:analysis|1|tendencias,datos,informe,rendimiento,impacto
type:creative|3.2|poema,cuento,historia,cancion,lluvia de ideas,eslogan,chiste,inventa,imagina,creativ*,relato,novela,nombres para
type:creative|1.2|divertido,mensaje,gracioso
type:factual|2.6|cual es,cuales son,que es,quien,cuando,donde,cuantos,cuantas,que significa,capital,diferencia entre,explica que
type:coordination|3|coordina*,delega*,orquesta*,asigna*,equipos,en paralelo,despacha
type:coordination|1|reparte
type:simple-task|3|traduce,traducir,traduzca,renombra*,hola,gracias,buenos dias,convierte,ordena ~ lista,formatea,mayusculas,errata
type:simple-task|1.2|cambia,elimina,borra,quita,ordena,lista
complexity|1.5|compleja,complejo,exhaustiv*,distribuid*,escalable,microservicio,gran escala,concurrencia,tiempo real,desde cero,completa
complexity|0.8|sistema,arquitectura,migracion,algoritmo,detallad*,optimiza*,refactori*,seguridad
complexity|0.4|autenticacion,base de datos,rendimiento,pagos,servicio
complexity|-1.5|sencill*,rapida,rapido,pequeñ*,renombra,errata,corto,breve
critical|2|mision critica,critica,critico,auditoria de seguridad,fuga de datos
critical|1.2|produccion
urgency|1|inmediatamente,cuanto antes,ahora mismo
urgency|-1|sin prisa,cuando puedas
code|1|codigo,funcion,clase,base de datos,repositorio,programa,consulta,modulo
creativity|1|creativ*,poema,cuento,imagina,inventa
thinking|1.5|paso a paso,piensa bien,razona,demuestra
multi-step|1.5|primero,luego,despues,finalmente,paso a paso
iterative|2|itera*,hasta que,repite,mejora continu*,poco a poco
follow-up|1.5|continua,sigue,adelante,otra vez,de nuevo,vale
type:debugging|2.4|en blanco,no carga,no arranca,no compila,no responde,se queda,dejo de funcionar
type:code-generation|1.8|hazme,que publique,aplicacion que,script que,funcion que,programa que
type:analysis|2.6|es mejor,mejor y por que,cual ~ mejor,vale la pena
type:refactoring|2.2|mueve,mover,separa
type:testing|2|añad* ~ tests
type:documentation|2.6|actualiza ~ readme
type:creative|2.4|dame ~ nombres,dame ~ ideas
type:factual|1.5|quien escribio,quien invento,que altura,como funciona
type:debugging|2|no puedo,no conecta
type:refactoring|2|mas pequeñ*
type:factual|1.4|hay en`,
};
