import type { LexiconData } from './lexicon-data.ts';

/** Chinese, simplified with the commonest traditional forms. */
export const CHINESE: LexiconData = {
	language: 'zh',
	linkWords: '',
	lightWords: '',
	fillerWords: '',
	features: `
type:architecture|3|架构,架構,系统设计,系統設計,微服务,微服務,数据库设计,技术选型,数据模型,表结构
type:architecture|1.2|设计,設計,可扩展,高可用,单体,拆分
type:planning|3|路线图,路線圖,计划,計劃,规划,規劃,里程碑,行程,排期,优先级
type:planning|1|季度,阶段,策略,步骤,目标,安排,制定
type:code-generation|2.4|实现,實現,写 ~ 函数,写 ~ 脚本,写 ~ 程序,写 ~ 代码,编写 ~ 函数,寫 ~ 函數,寫 ~ 程式,写 ~ 查询,写 ~ 类,创建 ~ 组件,开发,生成 ~ 代码,添加 ~ 功能,新增 ~ 功能,写 ~ 正则,写 ~ sql
type:code-generation|0.9|创建,建立,添加,新增,函数,函數,接口,脚本,程序,功能,组件,按钮
type:code-review|3.2|代码审查,审查,審查,评审,代码评审,审计,安全漏洞,检查 ~ 代码,看看 ~ 代码,拉取请求
type:code-review|1|漏洞,合并,最佳实践,检查
type:debugging|3|修复,修復,调试,調試,除錯,报错,報錯,崩溃,崩潰,不工作,无法,失败,内存泄漏,异常,排查,死锁,卡死,打不开
type:debugging|1.4|错误,錯誤,为什么,為什麼,问题,解决,不能,出错,修改错误,故障,怎么回事
type:refactoring|3.4|重构,重構,重复代码,简化代码,整理代码,清理代码,提取 ~ 到,技术债,可读性
type:refactoring|2|优化,優化,简化,抽取,改写,迁移
type:testing|3.6|单元测试,單元測試,集成测试,测试用例,编写 ~ 测试,写 ~ 测试,测试覆盖率,端到端测试,压力测试,添加 ~ 测试
type:testing|1.8|测试,測試,覆盖率,断言
type:documentation|3.2|文档,文檔,注释,註解,说明书,更新日志,使用说明,发布说明,手册,教程
type:analysis|3|分析,比较,比較,对比,总结,總結,评估,評估,瓶颈,瓶頸,优缺点,调研,研究,概括
type:analysis|1|趋势,数据,报告,影响
type:creative|3.2|写一首,寫一首,诗,詩,故事,小说,歌词,头脑风暴,标语,口号,创意,起个名字,取名,笑话,文案,广告语
type:creative|1.2|想象,点子,有趣,祝福
type:factual|2.6|是什么,是甚麼,什么是,是谁,是哪,哪里,哪裡,多少,什么时候,何时,哪一年,几个,什么意思,区别,首都,定义,解释
type:coordination|3|协调,協調,分配,委派,调度,编排,团队,代理,智能体,同步进度,并行
type:simple-task|3|重命名,翻译,翻譯,你好,谢谢,謝謝,排序 ~ 列表,格式化,错别字,换算,改名,列出,改成大写
type:simple-task|1.2|删除,转换,改为,排序
complexity|1.5|复杂,複雜,全面,分布式,可扩展,微服务,大规模,并发,高并发,竞态,实时,从零,整个
complexity|0.8|系统,架构,迁移,算法,深入,详细,优化,重构,安全
complexity|0.4|认证,認證,数据库,性能,接口,服务,支付
complexity|-1.5|简单,簡單,快速更新,小改动,重命名,错别字
critical|2|关键任务,生产事故,安全审计,数据泄露,线上故障,至关重要
critical|1.2|生产环境,线上,合规
urgency|1|紧急,緊急,马上,立即,尽快
urgency|-1|不急,有空
code|1|代码,函数,函數,接口,变量,类,脚本,程序,数据库,前端,后端,单元测试,编译,组件
creativity|1|创意,诗,故事,头脑风暴,想象
thinking|1.5|一步一步,仔细思考,深入思考,证明
multi-step|1.5|然后,首先,接着,最后,分阶段,分步
iterative|2|迭代,反复,直到,逐步改进,不断
follow-up|1.5|继续,好的,是的,可以,同样,再来,一样,另一个,那个
type:debugging|2.4|空白,没有反应,没反应,没有任何输出,跑不起来,启动不了,卡住,编译不过,超时
type:code-generation|2|做一个,写一个,帮我做,机器人,网页,小程序
type:analysis|2.6|哪个更好,哪個更好,更好,利弊,怎么看
type:architecture|2|单体还是,应该用 ~ 还是
type:planning|2|旅行,日程,下一步
type:testing|1.6|补上测试
type:documentation|2.6|安装步骤
type:factual|2.2|有多,多高,谁写,谁发明
type:refactoring|3|拆成,拆分成,抽成,合并重复
type:debugging|2.2|退出,怎么解决,连不上,无法连接,没有响应,不响应,出不来
type:factual|-2|几个小
type:analysis|2|要点
type:code-generation|2|写一个 ~ 脚本
type:creative|2|名字`,
};
