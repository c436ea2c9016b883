import type { LexiconData } from './lexicon-data.ts';

/** English. */
export const ENGLISH: LexiconData = {
	language: 'en',
	linkWords:
		'for in of to with from on at into by that which about using between without where because across as before after during under inside via through against over per than only',
	fillerWords: "a an the it's its please just some those hey so kindly really very there here",
	lightWords:
		"would could can will want need help let let's like my our your their this these i'd u pls maybe also now then ok okay",
	features: `
type:architecture|3|architecture,architectural,system design,software design,high level design,design pattern
type:architecture|2.2|design ~ system,design ~ schema,design ~ backend,design ~ service,design ~ api,design ~ database,design ~ pipeline,design ~ platform,design ~ infrastructure,data model,database schema,component boundary,should use ~ or,tech stack,event sourcing,cqrs,domain driven
type:architecture|1.5|architect,microservice,monolith,multi tenant,scalable,scalability,high availability,sharding,how ~ structure,structure ~ monorepo,caching strategy,should split,split ~ service,pick between,choose between,boundary
type:architecture|0.8|design,trade off,tradeoff,schema,topology,event driven,message queue,load balancer,distributed,infrastructure
type:architecture|3|fit together,folder layout,service split,talk to each other,permission model,domain model,data lake,data warehouse,module boundaries,multi region,system diagram
type:architecture|1.8|map out how,where should ~ live,scale ~ to,concurrent connection,design ~ model,three regions,partition,bff,reference architecture,building blocks,on aws,stack for
type:architecture|2.4|organize modules,organize ~ project,high level component,survive ~ failure,region failure,storage engine,time series data,rest or graphql,sql or nosql,graphql or rest,propose ~ design,which database,choose database,choose ~ engine,module structure,project structure,folder structure,directory structure,how ~ scale,service boundaries,disaster recovery,failover,load balancing,good way to organize,best way to structure,way to structure,design for,draw ~ components,component diagram,api gateway,cap theorem,hexagonal,layered,serverless or,postgres or,kafka or
type:planning|3|roadmap,project plan,action plan,milestone,study plan,study schedule,work breakdown,rollout plan,migration plan,sprint plan,break ~ down,gantt
type:planning|2.2|plan,itinerary,prioritize,prioritise,backlog,what step,outline ~ strategy,lay out,next step,timeline,go to market,sequence ~ work
type:planning|1.2|strategy,schedule,phase,quarter,sprint,estimate,epic,user story,okr,approach,outline,budget,launch,rollout,deadline,goal,week,would approach
type:planning|3|implementation plan,meal plan,by when,scope out,which order,what order,what needs to happen,checklist,to do list,agenda,phase out,test strategy,don't write code yet,without writing code
type:planning|1|prep,months,tackle,list of milestones,prepare,first steps,sequence
type:planning|2.4|get ready for,day plan,split ~ into stories,what should ~ first,do first,estimate ~ effort,figure out schedule,schedule for,phases for,list ~ phases,ship in,how long will,30 60 90,training plan,lesson plan,marathon,launch plan,organize my,prepare for,goals for,next quarter,next sprint,in two weeks,curriculum,to dos,effort for,plan for,deadline for
type:documentation|3.2|document,documentation,readme,jsdoc,docstring,changelog,release note,write ~ docs,update ~ docs,runbook,user guide,onboarding guide,api docs,add ~ comment,openapi description,man page,how to guide,javadoc,tsdoc,write ~ guide,create ~ guide
type:documentation|2|docs,wiki,tutorial,guide,comment,faq,adr,openapi,swagger,instruction,annotate,manual
type:documentation|-1.5|leave comment,leave ~ comment,extract ~ document,upload ~ document,review ~ comment
type:documentation|1.6|in docs,in documentation,in readme
type:documentation|2.8|write up,out of date,reference page,api reference,pr description,pull request description,commit message,new hires,cheat sheet,knowledge base,help article,describe ~ variables,describe ~ options,notes into,describe ~ parameters,in a table,comment this,explain ~ in comments,architecture decision record
type:documentation|1.2|describe,table,markdown,usage,section
type:documentation|2.6|markdown page,usage example,inline comment,write ~ comment,glossary,summarize ~ into changelog,into ~ changelog,explain how to install,install and configure,getting started,package docs,project wiki,add example,user manual,document how,documentation page,how to install,code comments,header comments,describe how to,instructions for,walkthrough,help page,faq page
type:analysis|3|analyze,analyse,analysis,pro and con,compare,comparison,evaluate,assess,key finding,bottleneck,benchmark,look at ~ data,what ~ trend,root cause analysis,research
type:analysis|2|investigate,summary,examine,insight,trend,dataset,sentiment,churn,forecast,impact,interpret,profile ~ performance,how does ~ flow,walk me through,in this repo,in this codebase,how does ~ repo,breakdown,correlation,study,understand how,explain how this,explain this code,what does this code,what does this function
type:analysis|0.8|report,metric,data,csv,statistic,performance,cost,competitor,implication,finding,explore,identify,advantage,disadvantage,vendor,flow
type:analysis|2.6|what's driving,what ~ drives,which ~ better,is it worth,worth,tl,tldr,group ~ by,go through,find out how,where ~ in code,where in code,main claims,main points,gist,takeaway,categorize,categorise,cluster,what do ~ think,how ~ handled,extract ~ claims,better and why,where do we,how do we,sum up,key points,theme,dig into
type:analysis|1|better,claim,paper,thread,attached,which of
type:analysis|2.6|summarize,summarise,recommend one,overview of,how ~ organized,how ~ structured,what patterns,why did ~ drop,why did ~ increase,why did ~ decline,here are numbers,save by,literature,how much would ~ save,how do we handle,read ~ extract,look into,review ~ literature,weigh,rank,which ~ should choose,statistic*,conversion rate,explain ~ code,explain ~ function,explain ~ query,explain ~ codebase,strengths and weaknesses,swot,estimate how much
type:analysis|1|read,numbers,patterns,logs,drop,overview,proposals,recommend,article,survey,results,quarterly,revenue
type:creative|3.2|story,poem,haiku,lyric,song,brainstorm,tagline,slogan,fiction,novel,screenplay,limerick,joke,come up with ~ name,come up with ~ tagline,name for,birthday message,wedding speech,board game,fairy tale,sonnet,role play,roleplay
type:creative|2.2|imagine,invent,creative,catchy,funny,blog post,idea,dialogue,character,plot,marketing copy,ad copy,logo,fun,witty,metaphor,short scene,toast,cover letter,tweet,instagram,linkedin post
type:creative|1|come up with,suggest,message,theme,speech,name,essay,email,upbeat,compose
type:creative|-3|any idea,no idea,good idea
type:creative|2.8|plot twist,ode,pitch,in voice of,in style of,playful,thank you note,heartfelt,roast,pun,rap,caption,headline,newsletter,bedtime,riddle,concept,nickname,mascot,describe ~ city,love letter,parody,script for
type:creative|1.2|sound more,pirate,video,mystery,at dawn,vibe,tone
type:creative|2.6|sounds like ~,best man,icebreaker,character for,product description,fantasy,think of ~ name,think of ~ fun,help ~ write ~ speech,conversation between,write ~ speech,write ~ letter,write ~ email,write ~ post,write ~ ad,write ~ essay,write ~ scene,write ~ monologue,write ~ dialogue,shakespeare,sci fi,superhero,dragon,greeting card,wedding,valentine,love poem,eulogy,invitation,pirate voice,rhyme,motto,brand name,movie,candles,party
type:creative|1.2|cat,teacher,gift
type:factual|1.8|what is,what are,what's,who is,who was,who invented,who wrote,who discover,when was,when did,when is,where is,where was,how many,how much,how old,how far,how tall,define,definition of,what does ~ mean,mean by,explain what,capital of,which port,which year,which country,what year,what time,difference between,how does ~ work,what ~ stand for,tell me what
type:factual|1|who,what does,which,when,explain,meaning,default,is it true,difference,how long,history of,fact,how do,does,how to
type:factual|0.7|what,is,are
type:factual|-2.4|pro and con
type:factual|-1.2|what ~ best,should,explain how this,what ~ trend,what step,best practice,edge case
type:factual|2.2|does ~ have,can ~ eat,explain ~ like,eli5,flag of,flag of ~ do,syntax for,meaning of,example of,like i'm five,can dog
type:factual|-1|my,our,this,these
type:factual|2|time zone,ceo of,president of,population of,superset,list planets,planets,how do ~ work,currency of,distance,boiling point,is ~ in,tell me about,what happens when,what causes,synonym,antonym,how to pronounce,how to spell,year did,why is sky,what color,how does,how is ~ made,what kind of,name ~ capital,default value,who made,who painted,where does,http status,what port
creativity|-1.5|any idea,no idea,good idea
creativity|1|creative,brainstorm,imagine,invent,story,poem,song,slogan,tagline,idea,fiction,catchy,original,witty
type:coordination|3.2|coordinate,orchestrate,delegate,subagent,sub agent,multi agent,dispatch,handoff,hand off,synchronize ~ work,assign ~ to,in parallel,right agent,specialist agent,standup,synchronize ~ team,multiple agent
type:coordination|1.8|agent,spawn,organize,organise,track progress,workflow,report status,status report,merge ~ result,align ~ team,synchronize,synchronise,route ~ ticket,team member,stakeholder,manage
type:coordination|0.8|team,assign,shift,across,meeting,progress,subtask,parallel,ticket,status,on call
type:coordination|2.6|align,one agent,keep track,weekly sync,farm ~ out,combine ~ answers,fan out,one after other,who is doing what,who does what,have ~ agent,hand ~ to,gather what,sync between,fact check,rest to yourself,split ~ among
type:coordination|1|designer,gather,ping,combine,sync,lead,qa aligned
type:coordination|2.4|several agents,at same time,over several,distribute,assign reviewer,assign ~ reviewers,supervise,hand over,notify everyone,who takes,merge their,retry ones,workers,sub task,keep everyone,sync up,across teams,each agent,other agents,agent team,delegate to,hand off to,kick off,fan ~ out,wait for all,collect ~ results,collect results,concurrently,in turn,chair
type:simple-task|3|rename,translate,thanks,thank you,hello,good morning,convert ~ mile,convert ~ kilometer,convert ~ celsius,convert ~ to json,convert ~ to csv,convert ~ to uppercase,convert ~ to lowercase,fix ~ typo,sort ~ list,sort ~ alphabetically,capitalize,bump ~ version,trailing whitespace,format ~ json,list ~ file,lowercase,uppercase,count ~ word,spell check,proofread,fix ~ spelling,fix ~ indentation,fix ~ grammar,what time,thx,good evening,ping,kilometer,celsius,fahrenheit
type:simple-task|1.6|typo,sort,remove,delete,whitespace,bump,alphabetically,round,calculate,reverse,spelling,grammar,indentation,rephrase,shorten,undo,echo,reply with,say,change ~ to,set ~ to,run ~ command,git
type:simple-task|0.6|quick,simple,convert,change,move,copy,small,trivial,version
type:simple-task|2.2|in spanish,in french,in german,in english,in japanese,comma separated,make it uppercase,change ~ color,change ~ colour,delete ~ line,delete ~ file,commit this,yo,sup,lol,last line,percent of,make ~ bold,hex for
type:simple-task|0.8|run,push,list,open,show,print,commit,swap,generate list
type:simple-task|1.4|format,git commit,git push,blank line,replace ~ with ~ in this sentence,fill in,pick random,roll,flip,set ~ reminder,repeat,say hi,how are you,read out,add up,sum of
complexity|1.5|complex,comprehensive,distributed,scalable,microservice,entire codebase,whole codebase,large scale,multi tenant,end to end,from scratch,concurrency,race condition,deadlock,real time,high availability,fault tolerant,consensus,cryptograph*,compiler,zero downtime,event sourcing,per second,monolith,collaborative,sharding,machine learning
complexity|0.9|advanced,sophisticated,thorough,system,architecture,migrate,migration,intricate,multi agent,several services,across,in depth,detailed,robust,full,kubernetes,algorithm,optimize,concurrent,async,memory leak,vulnerability,refactor,strategy,entire,whole,codebase,pipeline,platform,parallel,prove,proof,theorem,legacy,millions,orchestrate,infrastructure,audit
complexity|0.4|authentication,security,database,integration,performance,payment,api,service,endpoint,transaction,oauth,jwt,websocket,schema,cluster,deploy,backward compatible,cache,trade off,edge case,multiple,several,every,all,different,ci
complexity|-1.6|simple,quick,quickly,trivial,typo,tiny,one liner,basic,small,minor,easy,straightforward,rename,short,briefly,brief,hello world,single line,hello,thanks
complexity|-0.5|add comment,jsdoc,docstring,little,bump,toggle,logging statement
critical|2|mission critical,critical,production outage,outage,security audit,safety critical,life critical,security breach,data breach,data loss,business critical,security sensitive,zero day,ransomware,sev1,sev 1,p0,disaster recovery
critical|1.2|production,penetration test,compliance,hipaa,pci,gdpr,soc 2,incident,vulnerability,exploit,encryption key,customer data
critical|-1.5|not critical,non critical,uncritical,production ready ~ example
urgency|1|urgent,urgently,asap,immediately,right now,emergency,critical,blocker,blocking,outage,deadline,as soon as possible,today,p0,hotfix,production,is down,customers are
urgency|-1|when have time,no rush,low priority,whenever,someday,nice to have,no hurry,eventually,not urgent
code|1|function,bug,api,endpoint,class,method,variable,script,sql,regex,repo,repository,codebase,compile,python,javascript,typescript,react,golang,rust,java,kotlin,swift,php,ruby,html,css,json,yaml,docker,dockerfile,kubernetes,npm,pip,pull request,component,module,unit test,database query,schema,jsdoc,docstring,backend,frontend,refactor,node,webpack,terraform,stack trace,exception,library,sdk,cli,diff,logging statement,microservice,implementation,graphql
thinking|1.5|think hard,think harder,ultrathink,think step by step,step by step,reason through,think carefully,carefully consider,deep dive,prove,proof,trade off,root cause
multi-step|1.5|step by step,first ~ then,and then,after that,afterwards,in phases,finally,followed by,step 1,multi step,end to end
multi-step|0.6|then,next,also,as well as,phase,step,pipeline,migrate
iterative|2|iterate,iteratively,iterative,keep trying,until ~ pass,until ~ work,until ~ green,until ~ happy,repeat until,keep improving,keep going until,refine,gradually,incrementally,back and forth,trial and error,tdd,tune,experiment with,fine tune,loop until,several rounds,multiple rounds,continuously,one by one
follow-up|1.5|do same,same ~ other,go ahead,continue,keep going,yes,yep,yeah,ok,okay,sure,again,do it,try again,go on,proceed,sounds good,what about,how about,same thing,that one,other one,as well,second one,first one,next one,carry on,and now,no
follow-up|0.6|it,them,that,same,now,too,instead,also,still`,
};

/** English words of the five kinds of work on code; the clause words are in english.ts. */
export const ENGLISH_CODE_WORK: LexiconData = {
	language: 'en',
	linkWords: '',
	lightWords: '',
	fillerWords: '',
	features: `
type:code-generation|3|implement,implementation of
type:code-generation|2.2|write ~ function,write ~ script,write ~ query,write ~ regex,write ~ program,write ~ class,write ~ code,write ~ component,create ~ component,create ~ endpoint,create ~ function,create ~ app,create ~ api,create ~ script,create ~ page,build ~ app,build ~ cli,build ~ api,add ~ endpoint,add ~ support,add ~ button,add ~ page,add ~ toggle,add ~ feature,generate ~ dockerfile,generate ~ code,generate ~ function,write ~ method,write ~ dockerfile,write ~ cli,write ~ parser,write ~ hook,write ~ migration,create ~ migration,create ~ form,build ~ component,need ~ query,need ~ function,need ~ script,sql query that
type:code-generation|1.6|build,scaffold,boilerplate,codegen,develop,hook up,wire up,integrate,add ~ to,add pagination,set up ~ pipeline,set up ~ server,make ~ support,make ~ work with,port ~ to
type:code-generation|0.8|add,set up,endpoint,feature,rest api,component,function,script,regex,dockerfile,cli,webhook,crud,form,button,sql,support,jwt,oauth,pagination,terraform,github action,ci pipeline
type:code-generation|0.5|write,python,react,javascript,typescript,golang,rust,java,api,app
type:code-generation|2.4|script that,bot that,tool that,function that,program that,class that,app that,command that,component that,plugin that,code up,make ~ bot,make ~ app,make ~ website,make ~ game,let users,allow users,enable users,hook ~ up,wire ~ into,landing page,add support for,give ~ snippet,give ~ script
type:code-generation|1.3|expose,wire,bot,animation,rate limiting,plugin,extension,website,web app,game,snippet,health check,connect ~ to,enable,middleware,migration
type:code-generation|1|create,program,generate,make,show how to,stream,dropdown,filter,export,upload,column,target,makefile,chrome extension,browser extension,field,csv export,handler,login page,search bar,modal,navbar,chart,dashboard,integration,websocket,scraper,parse,backend,frontend,cron job,docker compose,helm,yaml,schedule job,send email,notifications
type:code-generation|2.2|show ~ how to,write ~ extension,write ~ test runner,create ~ table,create ~ column,add ~ column,add ~ field,add ~ dropdown,add ~ filter,add ~ option,add ~ flag,add ~ command,add ~ validation,add ~ logging,add ~ statement,write ~ loop,write ~ server,write ~ client,write ~ bot,write ~ makefile,give ~ code,give ~ example code,css animation,give ~ css,generate ~ class,generate ~ component,generate ~ sql,generate ~ script,make ~ script,make ~ function,make ~ component,write ~ javascript,write ~ python,write ~ sql,write ~ css,write ~ html,write ~ go,write ~ rust,write ~ java
type:code-review|3.4|code review,review ~ pull request,review ~ pr,review ~ code,review ~ diff,review ~ change,review ~ commit,review ~ implementation,review ~ branch,security audit,security review,check ~ code,look over,audit ~ code,audit ~ codebase,feedback on ~ code,feedback on ~ change,feedback on ~ pr,critique,best practice,thread safe,security issue,follow ~ best practice,feedback ~ change,feedback ~ implementation,pentest,before merge,before i merge
type:code-review|2.2|review,audit,vulnerability,pull request,nitpick,code smell,looks off,anything wrong with,lgtm
type:code-review|1|pr,diff,feedback,merge,owasp,injection,inspect,mistake,second opinion,sanity check
type:code-review|3|thoughts on ~ diff,thoughts on ~ code,thoughts on ~ pr,thoughts on ~ implementation,pass over,pair of eyes,approve ~ pr,would approve,anything ~ would change,hardcoded secrets,is ~ secure,ok to merge,ready to merge,code quality,spot ~ problem,spot ~ bug,point out,what ~ think of ~ code,check whether,look for ~ in,scan ~ for,leaks credentials
type:code-review|1.2|weakness,approve,concern,scan,credentials,secrets,quality
type:code-review|2.6|look right,could go wrong,what could go wrong,right to you,suggest improvement,rate ~ code,rate ~ quality,check ~ for problems,check ~ for bugs,check ~ for issues,check ~ for errors,any vulnerabilities,any bugs,any issues with,is ~ correct,is ~ safe,is ~ ok,how ~ improve ~ code,what ~ improve,does ~ look good,look good,look at my code,look at this code,before ~ run ~ prod,before ~ deploy,review my,review this,improvements,how good is
type:debugging|3|debug,fix ~ bug,fix ~ error,fix ~ issue,fix ~ crash,fix ~ problem,troubleshoot,stack trace,traceback,crash,root cause,memory leak,not work,doesn't work,does not work,don't work,isn't work,doesn't work anymore,stopped working,segfault,race condition,deadlock,null pointer,track ~ down,typeerror,referenceerror,syntaxerror,nullpointerexception,keyerror,valueerror,exception ~ thrown,no longer work
type:debugging|2.2|bug,fail,failure,hang,freeze,flaky,broken,500 error,404 error,regression,don't understand why,find out why,figure out why,get error,get ~ error,throw,wrong result,unexpected,cannot read,is not a function,undefined is not,get stuck,diagnose,fix ~ test,fix ~ build,fix ~ leak
type:debugging|1.4|fix,error,exception,issue,why ~ return,why ~ get,why ~ not,why does,why is,why do,why doesn't,why isn't,why ~ fail,problem,resolve,leak,stuck,incorrect,duplicate row,twice,panic,timeout,investigate ~ fix,report
type:debugging|0.6|undefined,hotfix,repro,symptom,anymore,why,slow,since yesterday
type:debugging|2.4|is blank,blank page,out of memory,infinite loop,what happened,already in use,already allocated,permission denied,access denied,segmentation fault,connection refused,nothing happens,no output,keeps restarting,won't start,won't load,won't compile,can't connect,unable to,stopped,suddenly,spiked,what ~ causing,econn*,oomkilled,enoent,eaddrinuse,no such file,not found,crashloopbackoff,ran twice,runs twice,refused,exit code,should ~ but
type:debugging|1.3|won't,can't,cannot,doesn't,isn't,didn't,don't,after ~ upgrade,after ~ update,since ~ update,why am,nan,null,garbage,stale,corrupt,glitch,reject,misbehav*,spinner,blank,only in production
type:debugging|1.5|gives ~ error,seeing ~ error,keeps,what could cause,what's wrong,wrong,break,off by one,overflowing,frozen,stuck in,pending,cors,exits,won't open,misaligned,flicker,does nothing,disappears,missing,not showing,not loading,not updating,not responding,invalid,unresponsive,slow down,lags,infinite,help debug,what am i doing wrong,not recognized,failed to,fails with,returns null,returns undefined,returns empty,instead of
type:refactoring|3.4|refactor,clean up,cleanup,extract ~ into,technical debt,tech debt,duplicate code,dead code,restructure,more readable,without changing behavior,without changing behaviour,get rid of ~ duplicate,convert ~ to hook,decouple,dry up,code duplication,spaghetti,inline ~ function,reduce ~ complexity
type:refactoring|2.4|simplify,moderni*,split ~ into,migrate ~ codebase,migrate ~ to typescript,replace ~ with,convert ~ component,convert ~ class,optimize ~ loop,optimise ~ loop,optimize ~ function,optimize ~ query,optimize ~ code,reorganize,consolidate,dedupe,move ~ into,use dependency injection,optimize,optimise,extract
type:refactoring|1|migrate,convert ~ to,readable,readability,split,rewrite,replace,maintainable,nested,rename ~ everywhere,everywhere,legacy,allocate,upgrade ~ to,too long
type:refactoring|2.8|does too much,pull ~ out,tidy,dry,async await,untangle,circular import,make ~ faster,speed up,move ~ out of,cleaner,idiomatic,unused code,magic number,hard to read,break up,rename ~ across,less duplication,rewrite ~ method,rewrite ~ function,rewrite ~ class,make ~ cleaner,into async
type:refactoring|1|faster,turn ~ into,move ~ to,junior,follow it
type:refactoring|2.6|break ~ into ~ modules,break ~ file,break ~ function,break ~ class,split ~ file,split ~ function,split ~ class,deduplicate,introduce interface,introduce ~ interface,early return,nested if,so we can swap,loosely coupled,single responsibility,improve ~ naming,improve ~ structure,improve ~ readability,extract method,extract interface,convert ~ to typescript,convert ~ callbacks,reuse,unify,generalize,generalise,merge ~ functions,clean,cleaner code,flatten,decompose,rework,streamline,trim down,shrink ~ function,eliminate duplication,inline,solid principle,without changing
type:testing|3.4|unit test,integration test,e2e test,end to end test,test coverage,test case,write ~ test,add ~ test,create ~ test,cover ~ test,snapshot test,load test,regression test,test suite,property test,generate ~ test,test plan,increase ~ coverage,smoke test,mutation test,stress test
type:testing|2|test,pytest,jest,vitest,playwright,cypress,junit,mocha,rspec,tdd,edge case,fixture,mock,stub,assertion,spec,coverage,qa
type:testing|-1.6|test ~ fail,failing test,test ~ pass,fix ~ test,flaky test,test data,test environment
type:testing|3|write failing test,failing test that,reproduces ~ bug,how ~ test,test harness,fake timers,zero coverage,add ~ spec,write ~ spec,verify ~ end to end,testing strategy
type:testing|1.2|verify,harness,reproduces,property based
type:testing|2|scenario,cover ~ with,mock out,tests run,automated test,e2e,e2e suite,testable,unit,in our tests,in unit tests,missing ~ tests,combinations,write spec`,
};
