import type { LexiconData } from './lexicon-data.ts';

/** Portuguese, where it differs from Spanish; accents are ignored when matching. */
export const PORTUGUESE: LexiconData = {
	language: 'pt',
	linkWords: 'para em na nos nas com sobre entre sem quando antes depois dos',
	lightWords: 'pode poderia quero preciso meu minha este esta',
	fillerWords: 'um uma meu minha este esta estes voce pode por favor quero preciso nosso nossa',
	features: `
type:architecture|3|arquitetura,modelo de dados,desenho de sistema
type:architecture|1.4|projete,projetar,desenhe,microsserviços,escalavel
type:planning|3|roteiro,planej*,marcos,priorize
type:planning|1|etapas
type:code-generation|2.4|escrev* ~ função,escrev* ~ script,escrev* ~ programa,escrev* ~ código,escrev* ~ consulta,crie ~ componente,crie ~ função,desenvolv*,adicione ~ botão,crie ~ api
type:code-generation|0.9|crie,criar,adicione,adicionar,gere,função,botão
type:code-review|2.6|revisão,boas praticas
type:debugging|3|corrija ~ erro,conserte,depure,não funciona,trava,quebra,falha,vazamento de memória,resolva
type:debugging|1.6|erro,corrija,corrigir
type:refactoring|3.4|refator*,limpe ~ código,reestruture,mais legível
type:refactoring|2|simplifique,otimiz*,migre,extraia
type:testing|3.6|testes de integração,casos de teste,escrev* ~ testes
type:testing|1.8|testar
type:documentation|3.2|documentação,notas de versão
type:analysis|3|analise,resuma,avalie,gargalo,prós e contras,investigue
type:creative|3.2|conto,canção,piada,criativ*
type:factual|2.6|qual é,quais são,o que é,quem,quantos,quantas,onde fica,o que significa,diferença entre,defina
type:coordination|3|coordene,delegue,orquestre,em paralelo,distribua
type:simple-task|3|traduza,traduzir,renomeie,olá,obrigado,obrigada,bom dia,converta,ordene ~ lista
type:simple-task|1.2|mude,remova,apague,troque
complexity|1.5|complexo,complexa,abrangente,escalavel,microsserviços,larga escala,tempo real
complexity|0.8|arquitetura,migração,detalhad*,otimiz*,refator*,segurança
complexity|0.4|autenticação,banco de dados,desempenho,pagamento,serviço
complexity|-1.5|curto
critical|2|missão crítica,auditoria de segurança
critical|1.2|produção
code|1|função,funções,variável,banco de dados
multi-step|1.5|primeiro,depois,em seguida,passo a passo
iterative|2|iter*,até que,repita
follow-up|1.5|sim,o mesmo,de novo,outra vez,o outro
type:debugging|2.4|em branco,não carrega,não inicia,não compila,não responde
type:analysis|2.6|é melhor,melhor e por que
type:refactoring|2.2|mova
type:code-generation|1.8|função que
type:debugging|2.4|não conecta,não consigo
type:refactoring|2.6|divida,menores`,
};
